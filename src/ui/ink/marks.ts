/**
 * Characters that stand in the laid out text for something that comes into it afterwards. They are of the private area, which
 * foreign text never brings to a screen (see `safe-text.ts`).
 */

/** Top left cell of the QR code's place. */
export const CODE = "\ue000";
/** On a line of its own: what follows stays in sight. */
export const FOOTER = "\ue001";
