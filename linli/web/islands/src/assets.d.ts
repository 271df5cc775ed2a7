// Style sheets are put beside their island by Vite.
declare module "*.css";
// The light build has the same types.
declare module "hls.js/light" {
  export { default } from "hls.js";
}

declare module "openrosa-xpath-evaluator" {
  export default function evaluator(): {
    evaluate(expression: string, at: Node, names: XPathNSResolver | null, type: number): XPathResult;
  };
}
