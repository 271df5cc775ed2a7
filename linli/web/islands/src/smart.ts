// The smart map. The list beside it (#map-panel) says which unit is shown, and a press on an area is a press on its link there: so the
// map, the list, the address and the way back never disagree. What is shown of it stands in #map-controls.
import { type GeoJSONSource, type MapMouseEvent, Marker, type PointLike, Popup } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { followLook, lookOf } from "./look";
import { canvasIn, PADDING, requireCanvas } from "./map-canvas";
import { type Outlines, styleOf } from "./map-style";
import { cards } from "./smart-card";
import { type Age, type Colour, type Marks, pointLayers, sourcesOf, withFound } from "./smart-style";
import { Replay } from "./smart-time";
import { Window } from "./smart-window";

const CASES = "/api/v1/cases/map/window";
const BUILDING_ZOOM = 18;
// A pan is over, or several changes have come at once.
const PAUSE_MS = 120;
const LIVE_MS = 500;
// A finger is less exact than a mouse.
const NEAR = 8;
const WEEK_BEFORE = 6;
// On a wide screen what is chosen lies on the map above the unit, and what the colours mean below it.
const ON_THE_MAP = matchMedia("(min-width: 60rem)").matches;
const AROUND = { padding: { top: ON_THE_MAP ? 64 : PADDING, right: PADDING, bottom: ON_THE_MAP ? 112 : PADDING, left: PADDING } };

interface Layer extends Marks {
  box: HTMLInputElement;
  window: Window;
  fromZoom: number;
}

export function mount(element: HTMLElement): (outlines: Outlines) => void {
  requireCanvas();
  let opened = false;
  return (outlines) => {
    if (!opened) open(element, outlines);
    opened = true;
  };
}

function open(element: HTMLElement, first: Outlines): void {
  const { base = "", zone = "" } = element.dataset;
  const controls = document.getElementById("map-controls") as HTMLFormElement;
  const status = document.getElementById("map-status") as HTMLElement;
  const panel = (): HTMLElement => document.getElementById("map-panel") as HTMLElement;
  const chosen = (name: string): string => (controls.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement).value;
  // Unknown until cases are drawn.
  let inCells: boolean | undefined;
  const past = (): boolean => chosen("show") === "standing";
  const colour = (): Colour => (past() ? "limit" : (chosen("colour") as Colour));

  let outlines = first;
  let unit = panel().dataset.unit ?? "";
  let source = element.dataset.source ?? "";
  const found = sourcesOf();
  const early: typeof found = {};
  const layers = [...controls.querySelectorAll<HTMLInputElement>("[name=layer][data-window]")].map(layerOf);
  for (const { name } of layers) found[name] = { type: "FeatureCollection", features: [] };
  const ages = [...controls.querySelectorAll<HTMLElement>("[data-since]")].map(({ dataset }): Age => ({ since: Number(dataset.since), tone: dataset.tone ?? "" }));
  const casesShown = controls.querySelector("[name=layer][value=cases]") as HTMLInputElement;
  const cases = new Window(CASES, (answer) => {
    put(sourcesOf(answer));
    inCells = typeof answer.resolution === "number";
    showLegend();
    const count = answer.features.reduce((sum, { properties }) => sum + Number(properties?.cases ?? 1), 0);
    say((status.dataset.said ?? "").replace("{count}", count.toLocaleString(document.documentElement.lang)));
  });
  const replay = new Replay(zone, () => changed());

  const style = (): ReturnType<typeof styleOf> => withFound(styleOf(lookOf(element), outlines, base), lookOf(element), colour(), ages, layers, found);
  const map = canvasIn(element, style(), { bounds: outlines.bbox, fitBoundsOptions: AROUND });
  const draw = (): void => void map.setStyle(style());
  const pin = new Marker({ element: Object.assign(document.createElement("span"), { className: "map-pin" }) });
  const card = new Popup({ offset: 12, maxWidth: "18rem", padding: AROUND.padding });

  function layerOf(box: HTMLInputElement): Layer {
    const { window: address = "", mark = "", tone = "", fromZoom = "0" } = box.dataset;
    const name = box.value;
    return { box, name, mark, tone, fromZoom: Number(fromZoom), window: new Window(address, (answer) => put({ [name]: answer })) };
  }

  function put(answers: typeof found): void {
    Object.assign(found, answers);
    for (const [name, data] of Object.entries(answers)) {
      const source = map.getSource<GeoJSONSource>(name);
      if (source) source.setData(data);
      else early[name] = data;
    }
  }

  function say(words: string): void {
    if (status.textContent !== words) status.textContent = words;
  }

  async function load(anew = false): Promise<void> {
    const asked: Promise<void>[] = [];
    if (casesShown.checked) asked.push(cases.ask(casesQuery(), anew));
    else {
      cases.empty();
      inCells = undefined;
      showLegend();
      say("");
    }
    for (const { box, window, fromZoom } of layers) {
      const near = map.getZoom() >= fromZoom;
      (box.labels?.[0]?.querySelector("[data-closer]") as HTMLElement).hidden = near || past();
      // What other rooms tell is of now: beside the cases of a past day it would be a false picture.
      if (box.checked && near && !past()) asked.push(window.ask(seen(), anew));
      else window.empty();
    }
    const answers = await Promise.allSettled(asked);
    if (answers.some(({ status: end }) => end === "rejected")) say(status.dataset.failed ?? "");
  }

  /** The window in view. Rounded, so that the same view is the same question; half a step of zoom never changes the cells. */
  function seen(): URLSearchParams {
    const bounds = map.getBounds();
    const sides = { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() };
    const query = new URLSearchParams({ unit, zoom: String(Math.floor(map.getZoom() * 2) / 2) });
    for (const [side, degrees] of Object.entries(sides)) query.set(side, degrees.toFixed(5));
    return query;
  }

  function casesQuery(): URLSearchParams {
    const query = seen();
    const show = chosen("show");
    query.set("show", show);
    if (chosen("class_code")) query.set("class_code", chosen("class_code"));
    if (show === "reported") query.set("since", replay.daysAgo(WEEK_BEFORE).toISOString());
    if (past()) query.set("until", replay.moment.toISOString());
    return query;
  }

  /** The address says what is shown, beside the unit, as far as it is not usual. */
  function keepAddress(): void {
    const query = new URLSearchParams({ unit });
    const usual: Record<string, string> = { show: "open", colour: "limit", class_code: "" };
    for (const [name, value] of Object.entries(usual)) if (chosen(name) !== value) query.set(name, chosen(name));
    if (past()) for (const name of ["day", "hour"]) query.set(name, chosen(name));
    for (const box of [casesShown, ...layers.map((layer) => layer.box)]) if (box.checked !== ("usual" in box.dataset)) query.append(box.checked ? "on" : "off", box.value);
    history.replaceState(history.state, "", `${location.pathname}?${query}`);
  }

  function showControls(): void {
    (document.getElementById("map-time") as HTMLElement).hidden = !past();
    (document.getElementById("map-layers") as HTMLFieldSetElement).disabled = past();
    (document.getElementById("map-of-now") as HTMLElement).hidden = !past();
    (controls.elements.namedItem("colour") as HTMLSelectElement).disabled = past();
    showLegend();
    if (past()) replay.say();
    else replay.stop();
  }

  /** What the colours mean of the cases that are drawn: cells show limits only of what is open now. */
  function showLegend(): void {
    const ofCells = colour() === "limit" && chosen("show") === "open" ? "late-cells" : "cells";
    const name = inCells ? ofCells : colour();
    for (const legend of controls.querySelectorAll<HTMLElement>("[data-legend]")) legend.hidden = inCells === undefined || legend.dataset.legend !== name;
  }

  function changed(): Promise<void> {
    showControls();
    keepAddress();
    return load();
  }

  /** The list shows another unit: the map goes there. */
  async function follow(): Promise<void> {
    const { unit: now = "", outlines: address = "", at = "" } = panel().dataset;
    if (now === unit) return;
    unit = now;
    card.remove();
    keepAddress();
    if (address !== source) {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok || unit !== now) return;
      outlines = (await answer.json()) as Outlines;
      source = address;
      draw();
    }
    goTo(at);
    // Also where nothing moves: another unit's cases are shown.
    void load();
  }

  function goTo(at: string): void {
    const animate = !lookOf(element).still;
    const [lon, lat] = at.split(",").map(Number);
    if (lon !== undefined && lat !== undefined) {
      pin.setLngLat([lon, lat]).addTo(map);
      map.easeTo({ center: [lon, lat], zoom: BUILDING_ZOOM, animate });
    } else {
      pin.remove();
      map.fitBounds(outlines.bbox, { ...AROUND, animate });
    }
  }

  function press({ point, lngLat }: MapMouseEvent): void {
    const near: [PointLike, PointLike] = [
      [point.x - NEAR, point.y - NEAR],
      [point.x + NEAR, point.y + NEAR],
    ];
    const points = map.queryRenderedFeatures(near, { layers: pointLayers(layers) });
    if (points.length) {
      const told = points.map((one) => ({ layer: one.layer.id, told: one.properties }));
      card.setLngLat(lngLat).setDOMContent(cards(told, zone)).addTo(map);
      return;
    }
    const [area] = map.queryRenderedFeatures(near, { layers: ["buildings"] }).concat(map.queryRenderedFeatures(point, { layers: ["areas"] }));
    const link = area && panel().querySelector<HTMLAnchorElement>(`[data-units] th a[href$="unit=${area.properties.id}"]`);
    if (link) link.click();
    else map.easeTo({ center: lngLat, zoom: map.getZoom() + 1, animate: !lookOf(element).still });
  }

  function pointer({ point }: MapMouseEvent): void {
    const pressed = map.queryRenderedFeatures(point, { layers: [...pointLayers(layers), "areas"] });
    map.getCanvas().style.cursor = pressed.length ? "pointer" : "";
  }

  let waiting = 0;
  const soon = (): void => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void load(), PAUSE_MS);
  };
  // However many changes come, they are fetched together; a past moment is not changed by them.
  let heard = 0;
  const live = (): void => {
    if (past()) return;
    heard ||= window.setTimeout(() => {
      heard = 0;
      void load(true);
    }, LIVE_MS);
  };

  map.on("moveend", soon);
  // What was answered while the map itself was loading.
  map.on("load", () => put(early));
  // The cases in view stand on the map: said for whoever measures it.
  map.on("idle", () => {
    if (inCells !== undefined) element.dataset.drawn = "";
  });
  map.on("click", press);
  map.on("mousemove", pointer);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLSelectElement) draw();
    // It says how something stood before.
    card.remove();
    showControls();
    keepAddress();
    soon();
  });
  document.addEventListener("live", live);
  document.addEventListener("htmx:afterSettle", () => void follow());
  document.addEventListener("htmx:historyRestore", () => void follow());
  followLook(draw);
  showControls();
  if (panel().dataset.at) goTo(panel().dataset.at ?? "");
  // Asked for at once: the window is known before anything is drawn.
  void load();
}
