// A page inside WeChat's web-view: what a shared link shows, and WeChat's own position. The page asks for this island only there, and
// only where the city has a service account; its script is served from here, so the strict policy stays as it is. What the script would
// tell WeChat about the page beside that (its address, its times) goes to a host that the policy does not name: it stays here.
import wx from "weixin-js-sdk";

interface Signed {
  appId: string;
  timestamp: number;
  nonceStr: string;
  signature: string;
}

type Found = (lon: number, lat: number) => void;

declare global {
  interface Window {
    linliWechat?: { locate(found: Found, refused: () => void, unable: () => void): void };
  }
}

const APIS: wx.jsApiList = ["updateAppMessageShareData", "updateTimelineShareData", "getLocation"];

const meta = (name: string) => document.querySelector<HTMLMetaElement>(`meta[property="og:${name}"]`)?.content ?? "";
const nothing = () => {};

// Which page may be shared, and by which words, the server has written into the page: a private one names the front.
const share = () => {
  const card = { title: meta("title"), link: meta("url"), imgUrl: meta("image"), success: nothing };
  wx.updateAppMessageShareData({ ...card, desc: meta("description") });
  wx.updateTimelineShareData(card);
};

// `refused` where the reader does not want it; `unable` where WeChat cannot, so that the browser is asked instead.
const locate = (found: Found, refused: () => void, unable: () => void) => {
  wx.getLocation({
    type: "gcj02",
    // Some versions give text.
    success: ({ longitude, latitude }) => found(Number(longitude), Number(latitude)),
    cancel: refused,
    fail: ({ errMsg }: { errMsg?: string } = {}) => (/deny|denied|cancel/.test(errMsg ?? "") ? refused() : unable()),
  } as Parameters<typeof wx.getLocation>[0]);
};

const start = async () => {
  const answer = await fetch("/wechat/signature/", { headers: { "X-Page": location.href } });
  if (!answer.ok) return;
  const signed = (await answer.json()) as Signed;
  let accepted = true;
  wx.error(() => (accepted = false));
  wx.config({ ...signed, debug: false, jsApiList: APIS, openTagList: [] });
  // Told after a refusal as well.
  wx.ready(() => {
    if (!accepted) return;
    share();
    window.linliWechat = { locate };
  });
};

start().catch((error) => console.warn(error));
