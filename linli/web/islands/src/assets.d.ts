// Style sheets are put beside their island by Vite.
declare module "*.css";
// The light build has the same types.
declare module "hls.js/light" {
  export { default } from "hls.js";
}
