// What every live map has alike: the canvas with its controls in the reader's words, and its worker.
import { addProtocol, AttributionControl, GeolocateControl, Map as LiveMap, type MapOptions, NavigationControl, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import { Protocol } from "pmtiles";

export const PADDING = 24;

// The base map is one file, read by ranges; its metadata say whom to credit.
addProtocol("pmtiles", new Protocol({ metadata: true }).tile);

/** Throws where nothing can be drawn. */
export function requireCanvas(): void {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("This browser draws no maps (WebGL 2).");
}

export function canvasIn(element: HTMLElement, style: StyleSpecification, view: Partial<MapOptions>): LiveMap {
  const { worker = "", zoomIn = "", zoomOut = "", here = "", title = "" } = element.dataset;
  setWorkerUrl(new URL(worker, location.href).href);
  const map = new LiveMap({
    container: element,
    style,
    ...view,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 20,
    locale: {
      "Map.Title": title,
      "NavigationControl.ZoomIn": zoomIn,
      "NavigationControl.ZoomOut": zoomOut,
      "GeolocateControl.FindMyLocation": here,
      "GeolocateControl.LocationNotAvailable": here,
      "Popup.Close": "×",
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new AttributionControl({ compact: false }));
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new GeolocateControl({ positionOptions: { enableHighAccuracy: true } }), "top-right");
  // Whether all that was asked for is drawn: said for whoever measures it.
  const still = (is: boolean) => (): void => void element.toggleAttribute("data-still", is);
  for (const begun of ["dataloading", "movestart", "render"] as const) map.on(begun, still(false));
  map.on("idle", still(true));
  // It names itself only when it knows whether a position may be asked for.
  element.querySelector(".maplibregl-ctrl-geolocate")?.setAttribute("aria-label", here);
  return map;
}
