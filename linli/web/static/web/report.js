// Photos of a report: each is sent as soon as it is chosen, with its progress; large ones are made smaller first, and one
// that does not get through waits on this device. Without script the two inputs are sent with the form.
(() => {
  "use strict";
  const LARGE = 4 * 1024 * 1024;
  const SIDE = 2560; // As the server keeps them.
  const QUALITY = 0.88;
  const form = () => document.querySelector("form[data-draft]");
  if (!form()) return;
  const { photos, save, once, renew, left } = window.linliDraft;
  const queue = [];
  let working = null;

  const place = (lon, lat, datum) => {
    const { elements } = form();
    elements.lon.value = lon;
    elements.lat.value = lat;
    elements.datum.value = datum;
    form().dispatchEvent(new CustomEvent("placed", { bubbles: true }));
  };

  // --- choosing ---

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-photos]")) return;
    for (const file of event.target.files) add({ id: crypto.randomUUID?.() || String(Math.random()), name: file.name, blob: file }, true);
    event.target.value = "";
  });

  const complain = (id, name) => {
    const words = document.getElementById(id).content.cloneNode(true);
    const slot = words.querySelector("span");
    if (slot) slot.textContent = name;
    document.getElementById("waiting-photos").before(words);
  };
  const quiet = () => {
    for (const old of form().querySelectorAll(":scope #waiting-photos ~ .errorlist, .photo-choices ~ .errorlist")) old.remove();
  };

  // HEIC goes as it is, so that the server reads its position; where it is too large, some browsers can make it smaller.
  const shrinks = (blob) => /^image\/(jpeg|png|webp)$/.test(blob.type);
  const mayShrink = (blob) => blob.type.startsWith("image/");

  const add = (item, isNew = false) => {
    quiet();
    const { maxBytes, maxPhotos } = form().dataset;
    const there = form().querySelectorAll("[name=kept]").length + queue.length;
    if (there >= Number(maxPhotos)) return complain("words-too-many");
    // What the browser cannot make smaller is refused before it has cost anybody's data.
    if (item.blob.size > Number(maxBytes) && !mayShrink(item.blob)) return complain("words-too-large", item.name);
    if (isNew) photos.put({ ...item, once: once() });
    item.figure = document.getElementById("words-photo").content.firstElementChild.cloneNode(true);
    item.figure.dataset.photo = item.id;
    const img = item.figure.querySelector("img");
    img.addEventListener("error", () => img.classList.add("unseen-photo"));
    img.src = URL.createObjectURL(item.blob);
    img.alt = item.name;
    item.figure.querySelector("span").textContent = item.name;
    document.getElementById("waiting-photos").append(item.figure);
    queue.push(item);
    save();
    work();
  };

  document.addEventListener("click", (event) => {
    const figure = event.target.closest("[data-photo]");
    if (!figure) return;
    if (event.target.closest("[data-drop-photo]")) drop(queue.find((item) => item.id === figure.dataset.photo));
    else if (event.target.closest("[data-retry-photo]")) work();
  });

  const drop = (item) => {
    if (!item) return;
    item.dropped = true;
    if (item.request) item.request.abort();
    queue.splice(queue.indexOf(item), 1);
    URL.revokeObjectURL(item.figure.querySelector("img").src);
    // Who pressed “take off” goes on at the button that adds one.
    const pressed = item.figure.contains(document.activeElement);
    item.figure.remove();
    if (pressed) document.getElementById("id_photos").focus();
    photos.remove(item.id);
    save();
  };

  // --- sending, one after the other ---

  const work = () => {
    working = working || run().finally(() => (working = null));
    return working;
  };
  const run = async () => {
    while (queue.length) {
      const item = queue[0];
      item.figure.classList.remove("stuck");
      const blob = await smaller(item.blob);
      if (item.dropped) continue;
      if (blob.size > Number(form().dataset.maxBytes)) {
        drop(item);
        complain("words-too-large", item.name);
        continue;
      }
      const answer = await upload(item, blob);
      if (item.dropped) continue;
      if (answer === null) {
        for (const one of queue) one.figure.classList.add("stuck");
        quiet();
        return complain("words-refused-photo", item.name);
      }
      quiet();
      arrived(answer, item.along);
      drop(item);
    }
  };

  const upload = (item, blob, again = true) =>
    new Promise((done) => {
      const sent = new FormData();
      sent.set("csrfmiddlewaretoken", form().elements.csrfmiddlewaretoken.value);
      for (const token of tokens()) sent.append("kept", token);
      item.along = sent.getAll("kept");
      sent.append("photos", blob, item.name);
      const request = (item.request = new XMLHttpRequest());
      const bar = item.figure.querySelector("progress");
      request.upload.onprogress = (event) => (bar.value = (100 * event.loaded) / event.total);
      request.onload = () => {
        if (request.status !== 403 || !again) return done(request.status === 200 ? request.responseText : null);
        renew().then(() => done(upload(item, blob, false)), () => done(null));
      };
      request.onerror = request.onabort = request.ontimeout = () => done(null);
      request.timeout = 120_000;
      request.open("POST", "/report/photos/");
      request.send(sent);
    });

  const tokens = () => [...form().querySelectorAll("[name=kept]")].map((field) => field.value);
  // A token is signed anew in each answer: its first part is the photo's.
  const photoOf = (token) => token.split(":")[0];
  const arrived = (answer, along) => {
    const kept = document.getElementById("kept-photos");
    const there = new Set(tokens());
    const gone = new Set(along.filter((token) => !there.has(token)).map(photoOf));
    kept.innerHTML = answer;
    // What was taken off while this one was on its way does not come back with it.
    for (const field of kept.querySelectorAll("[name=kept]")) if (gone.has(photoOf(field.value))) field.closest("figure").remove();
    const found = kept.querySelector("[data-photo-position]");
    if (found && !form().elements.lon.value) place(found.dataset.lon, found.dataset.lat, "wgs84");
  };

  addEventListener("online", work);
  const found = left.then((all) => all.forEach(({ id, name, blob }) => add({ id, name, blob })));
  // Before the report is sent: whether every photo has arrived.
  window.linliDraft.settle = async () => {
    await found;
    await work();
    return queue.length === 0;
  };

  // --- making smaller ---

  const smaller = async (file) => {
    const tooLarge = file.size > Number(form().dataset.maxBytes) && mayShrink(file);
    if (!tooLarge && (file.size <= LARGE || !shrinks(file))) return file;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
      const exif = await exifOf(file);
      // Where and when it was taken goes along: the server reads the place from it.
      return exif ? new Blob([blob.slice(0, 2), exif, blob.slice(2)], { type: "image/jpeg" }) : blob;
    } catch {
      return file;
    }
  };

  // The EXIF segment of a JPEG (marker, length and content), told to be upright as the canvas drew it; or null.
  const exifOf = async (file) => {
    const bytes = new Uint8Array(await file.slice(0, 256 * 1024).arrayBuffer());
    const view = new DataView(bytes.buffer);
    if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
    for (let at = 2; at + 10 < bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda; at += 2 + view.getUint16(at + 2)) {
      const isExif = bytes[at + 1] === 0xe1 && view.getUint32(at + 4) === 0x45786966;
      if (isExif) return upright(bytes.slice(at, at + 2 + view.getUint16(at + 2)));
    }
    return null;
  };

  const upright = (segment) => {
    const view = new DataView(segment.buffer);
    const tiff = 10;
    const little = view.getUint16(tiff) === 0x4949;
    const directory = tiff + view.getUint32(tiff + 4, little);
    for (let number = 0; number < view.getUint16(directory, little); number++) {
      const entry = directory + 2 + 12 * number;
      if (view.getUint16(entry, little) === 0x0112) view.setUint16(entry + 8, 1, little);
    }
    return segment;
  };

  // A mini program that opens this page in its web-view gives its position behind the #, which no server's log sees:
  // /report/#at=104.06,30.66,gcj02
  const at = /^#at=(-?[\d.]+),(-?[\d.]+),(wgs84|gcj02|bd09)$/.exec(location.hash);
  if (at) {
    history.replaceState(null, "", location.pathname + location.search);
    place(at[1], at[2], at[3]);
  }
})();
