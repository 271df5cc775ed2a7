// Reads a QR code out of a picture, for browsers that cannot do it themselves.
import jsQR from "jsqr";

export const read = (image: ImageData): string => jsQR(image.data, image.width, image.height)?.data ?? "";
