/** One dimension that swings to and fro. */
const milliseconds = 2400;

export class Swing {
  private moving = -1;
  private offset = 0;

  /** @param range how far @param frame called for each picture of the movement, and once when it ends */
  constructor(
    private readonly range: () => number,
    private readonly frame: () => void,
  ) {}

  /** The dimension that swings; -1: none. */
  get dimension(): number {
    return this.moving;
  }

  /** Noise with the swing in the place of what stands there. */
  over(noise: readonly number[]): readonly number[] {
    return this.moving < 0 ? noise : noise.with(this.moving, this.offset);
  }

  /** Starts a dimension, or stops it when it is the one that swings. */
  toggle(dimension: number): void {
    if (this.moving === dimension) {
      this.stop();
      return;
    }
    this.moving = dimension;
    const begin = performance.now();
    const step = (now: number): void => {
      if (this.moving !== dimension) return;
      this.offset = this.range() * Math.sin((2 * Math.PI * Math.max(0, now - begin)) / milliseconds);
      this.frame();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  stop(): void {
    if (this.moving < 0) return;
    this.moving = -1;
    this.offset = 0;
    this.frame();
  }
}
