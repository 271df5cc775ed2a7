// The player of a camera: HLS by the browser itself or hls.js, WHEP (RFC 9725) by WebRTC. What cannot be played is said, not left black.
import Hls from "hls.js/light";

interface Stream {
  kind: "hls" | "whep";
  address: string;
}

// A camera that has shown nothing for so long shows nothing.
const PATIENCE_MS = 15_000;
const GATHER_MS = 2_000;

export function mount(element: HTMLElement): (stream: Stream) => void {
  const video = element.querySelector("video") as HTMLVideoElement;
  const status = document.getElementById("player-status") as HTMLElement;
  const say = (words = ""): void => {
    if (status.textContent !== words) status.textContent = words;
  };
  return (stream) => {
    let stop = (): void => {};
    const fail = (): void => {
      end();
      (document.getElementById("player-failed") as HTMLDetailsElement).open = true;
    };
    const patience = window.setTimeout(fail, PATIENCE_MS);
    const end = (words = ""): void => {
      clearTimeout(patience);
      stop();
      say(words);
      element.hidden = true;
    };
    video.addEventListener("playing", () => {
      clearTimeout(patience);
      say();
    });
    say(status.dataset.waiting);
    // The reason holds for so long; then it is to be given again.
    setTimeout(() => end(status.dataset.over), Number(element.dataset.lasts) * 60_000);
    stop = stream.kind === "whep" ? playWhep(video, stream.address, fail) : playHls(video, stream.address, fail);
  };
}

/** Both answer what ends them. */
function playHls(video: HTMLVideoElement, address: string, fail: () => void): () => void {
  if (!Hls.isSupported()) {
    video.addEventListener("error", fail);
    video.src = address;
    return () => video.removeAttribute("src");
  }
  // A worker made of text is what the page's policy forbids.
  const hls = new Hls({ enableWorker: false });
  hls.on(Hls.Events.ERROR, (_event, { fatal }) => {
    if (fatal) fail();
  });
  hls.loadSource(address);
  hls.attachMedia(video);
  return () => hls.destroy();
}

function playWhep(video: HTMLVideoElement, address: string, fail: () => void): () => void {
  const connection = new RTCPeerConnection();
  connection.addTransceiver("video", { direction: "recvonly" });
  connection.addTransceiver("audio", { direction: "recvonly" });
  // Not every camera says which tracks belong together: all of them do.
  const picture = new MediaStream();
  video.srcObject = picture;
  connection.addEventListener("track", ({ track }) => picture.addTrack(track));
  connection.addEventListener("connectionstatechange", () => {
    if (connection.connectionState === "failed") fail();
  });
  negotiate(connection, address).catch(fail);
  return () => connection.close();
}

/** One offer with its candidates, one answer. No cookies, no word of where it was asked from. */
async function negotiate(connection: RTCPeerConnection, address: string): Promise<void> {
  await connection.setLocalDescription();
  await gathered(connection);
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/sdp" },
    body: connection.localDescription?.sdp ?? "",
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  if (!answer.ok) throw new Error(`The camera answered ${answer.status}`);
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    setTimeout(done, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") done();
    });
  });
}
