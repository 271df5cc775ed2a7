// Style sheets are put beside their island by Vite.
declare module "*.css";
