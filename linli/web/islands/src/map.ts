// The map island: the drawing that the server made, as a live map. It takes what the drawing shows (its marks and its pin) from the
// drawing itself, so that a page that hears of a change need only send a new one; outlines come from the territory's API.
import { Marker, Popup } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { followLook, lookOf } from "./look";
import { canvasIn, PADDING, requireCanvas } from "./map-canvas";
import { type Outlines, styleOf } from "./map-style";
import { fetchWays, withWays } from "./ways";

// From here on a tap is exact enough to be a position.
const EXACT_ZOOM = 14;
// A place is shown with its surroundings.
const PINNED_ZOOM = 16;

/** Makes room for a map in `element`, which stands in the drawing's `figure` and outlives its renewal (hx-preserve). */
export function mount(element: HTMLElement): (outlines: Outlines) => void {
  // Where nothing can be drawn the server's drawing stays.
  requireCanvas();
  let opened = false;
  return (outlines) => {
    if (!opened) open(element, outlines);
    opened = true;
  };
}

function open(element: HTMLElement, first: Outlines): void {
  const figure = (): HTMLElement => element.closest("figure") as HTMLElement;
  const { base = "" } = element.dataset;
  let outlines = first;
  let source = element.dataset.source ?? "";
  // What the drawing asks to be shown; a tap may have led on from there.
  let asked = source;
  let wanted = source;
  let marks: Marker[] = [];
  let marked = "";
  let ways: Awaited<ReturnType<typeof fetchWays>> = null;
  let waysAsked = "";
  const pin = new Marker({ element: mark("map-pin") });
  const pinned = positionOf(figure().querySelector<SVGElement>("svg .pin"));
  // Its size decides what is seen at first.
  figure().dataset.live = "";
  const seen = pinned ? { center: pinned, zoom: PINNED_ZOOM } : { bounds: outlines.bbox, fitBoundsOptions: { padding: PADDING } };
  const map = canvasIn(element, styleOf(lookOf(element), outlines, base), seen);

  const draw = (): void => void map.setStyle(withWays(styleOf(lookOf(element), outlines, base), ways));
  const stopFollowing = followLook(draw);

  const show = async (address: string): Promise<void> => {
    wanted = address;
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    const found = answer.ok ? ((await answer.json()) as Outlines) : null;
    // Another place was asked for meanwhile.
    if (!found || wanted !== address) return;
    outlines = found;
    source = address;
    draw();
    // Without a flight: a change of size, as when the page is renewed around the map, would end it half way.
    const at = positionOf(figure().querySelector<SVGElement>("svg .pin"));
    if (at) map.jumpTo({ center: at, zoom: Math.max(map.getZoom(), PINNED_ZOOM) });
    else map.fitBounds(outlines.bbox, { padding: PADDING, animate: false });
  };

  const showWays = async (address: string): Promise<void> => {
    waysAsked = address;
    const found = address ? await fetchWays(address) : null;
    // Another page of the list was asked for meanwhile.
    if (waysAsked !== address) return;
    ways = found;
    draw();
  };

  const placePin = (at: [number, number] | null): void => {
    if (at) pin.setLngLat(at).addTo(map);
    else pin.remove();
  };

  const renew = (): void => {
    if (!element.isConnected) {
      document.removeEventListener("htmx:afterSettle", renew);
      stopFollowing();
      map.remove();
      return;
    }
    const owner = figure();
    owner.dataset.live = "";
    const drawn = [...owner.querySelectorAll<SVGElement>("svg [data-at]:not(.pin)")];
    const said = drawn.map((one) => one.outerHTML).join("");
    // What has not changed stays, with what somebody has opened on it.
    if (said !== marked) {
      for (const one of marks) one.remove();
      marks = drawn.map((one) => markOf(one).addTo(map));
      marked = said;
    }
    placePin(positionOf(owner.querySelector<SVGElement>("svg .pin")));
    const leads = owner.dataset.ways ?? "";
    if (leads !== waysAsked) void showWays(leads);
    const address = owner.dataset.outlines ?? asked;
    if (address === asked) return;
    asked = address;
    void show(address);
  };

  map.on("click", ({ lngLat, point }) => {
    const area = map.queryRenderedFeatures(point, { layers: ["areas"] }).pop()?.properties as { id: string } | undefined;
    const { pick, link } = figure().dataset;
    const coarse = "coarse" in figure().dataset && map.getZoom() < EXACT_ZOOM;
    if (pick !== undefined && !coarse) {
      placePin([lngLat.lng, lngLat.lat]);
      element.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { lon: lngLat.lng, lat: lngLat.lat } }));
    } else if (area && pick !== undefined) void show(source.replace(/[^/]+\/outlines$/, `${area.id}/outlines`));
    else if (area && link) location.assign(`${link}?unit=${area.id}`);
  });
  document.addEventListener("htmx:afterSettle", renew);
  renew();
}

function markOf(drawn: SVGElement): Marker {
  const { mark: text = "", tone = "", name = "", href = "" } = drawn.dataset;
  const button = mark(`map-mark ${tone}`, "button");
  button.textContent = text;
  button.setAttribute("aria-label", name);
  const link = document.createElement("a");
  link.href = href;
  link.textContent = name;
  const marker = new Marker({ element: button }).setLngLat(positionOf(drawn) as [number, number]);
  return href ? marker.setPopup(new Popup({ offset: 16, closeButton: false }).setDOMContent(link)) : marker;
}

function mark(className: string, tag = "span"): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  if (element instanceof HTMLButtonElement) element.type = "button";
  return element;
}

function positionOf(drawn: SVGElement | null): [number, number] | null {
  const [lon, lat] = (drawn?.dataset.at ?? "").split(",").map(Number);
  return lon !== undefined && lat !== undefined ? [lon, lat] : null;
}
