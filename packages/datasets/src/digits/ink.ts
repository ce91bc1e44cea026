/**
 * Ink on paper: each piece of the pen's path darkens the pixels near it. A pixel whose centre is `distance` from the path gets the
 * coverage (radius - distance) / softness + 1/2, cut to 0..1: a hard edge with one soft pixel, or a blurred one.
 */

/** Darkens `ink` (height x width, 0..1) along one straight piece; where pieces overlap the darker one stays. */
export function drawPiece(
  ink: Float32Array,
  height: number,
  width: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  radius: number,
  softness: number,
): void {
  const reach = radius + softness / 2;
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const right = Math.min(width - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1) + reach));
  const dx = x1 - x0;
  const dy = y1 - y0;
  const inverseLength2 = 1 / Math.max(dx * dx + dy * dy, 1e-12);
  const reach2 = reach * reach;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x - x0;
      const py = y - y0;
      let along = (px * dx + py * dy) * inverseLength2;
      along = along < 0 ? 0 : along > 1 ? 1 : along;
      const ex = px - along * dx;
      const ey = py - along * dy;
      const distance2 = ex * ex + ey * ey;
      if (distance2 >= reach2) continue;
      const coverage = (radius - Math.sqrt(distance2)) / softness + 0.5;
      const at = y * width + x;
      if (coverage > ink[at]!) ink[at] = coverage > 1 ? 1 : coverage;
    }
  }
}
