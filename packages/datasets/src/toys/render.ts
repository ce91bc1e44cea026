/**
 * A small software renderer: perspective, a depth buffer, light interpolated between the corners of a triangle (Gouraud 1971; the light itself
 * by Lambert's cosine law), and a shadow that the main lamp throws on the ground. It draws at twice the size and averages.
 */
import { unit, type Mesh, type Vector } from './mesh.js';

/** What stands around the toy. Directions point from the toy to the lamp. */
export interface Lighting {
  readonly lamp: Vector;
  readonly strength: number;
  readonly fill: Vector;
  readonly fillStrength: number;
  readonly ambient: number;
  readonly ground: number;
}

/** Angles in radians. */
export interface View {
  /** The toy turned on its plate. */
  readonly azimuth: number;
  /** Of the camera above the ground. */
  readonly elevation: number;
  /** The camera's place beside the middle: the two cameras stand at +- this angle. */
  readonly aside: number;
}

const distance = 5;
/** At this focal length a sphere of radius 1 fills 72 % of the picture's side. */
const focal = 0.36 * distance;
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

interface Camera {
  readonly right: Vector;
  readonly up: Vector;
  readonly forward: Vector;
  readonly position: Vector;
}

function camera({ elevation, aside }: View, target: Vector): Camera {
  const [ce, se, ca, sa] = [Math.cos(elevation), Math.sin(elevation), Math.cos(aside), Math.sin(aside)];
  const forward: Vector = [-ce * ca, -ce * sa, -se];
  const right: Vector = [-sa, ca, 0];
  const up: Vector = [-se * ca, -se * sa, ce];
  return {
    forward,
    right,
    up,
    position: [target[0] - distance * forward[0], target[1] - distance * forward[1], target[2] - distance * forward[2]],
  };
}

/** Draws meshes as square pictures of one size; keeps its buffers between pictures. */
export function renderer(size: number) {
  const wide = 2 * size;
  const depth = new Float32Array(wide * wide);
  const shade = new Float32Array(wide * wide);
  const shadow = new Uint8Array(wide * wide);
  let screenX = new Float64Array(0);
  let screenY = new Float64Array(0);
  let nearness = new Float64Array(0);
  let light = new Float64Array(0);

  /** Where a point of the world is seen, and how near (1 / depth, which is linear on the screen). */
  const project = (x: number, y: number, z: number, { position, forward, right, up }: Camera, at: number): void => {
    const offset: Vector = [x - position[0], y - position[1], z - position[2]];
    const near = 1 / dot(offset, forward);
    screenX[at] = wide * (0.5 + focal * dot(offset, right) * near) - 0.5;
    screenY[at] = wide * (0.5 - focal * dot(offset, up) * near) - 0.5;
    nearness[at] = near;
  };

  /** Visits the pixels of a triangle: `visit(pixel, weights of corner b and c)`. */
  const fillTriangle = (a: number, b: number, c: number, asShadow: boolean): void => {
    const [ax, ay] = [screenX[a]!, screenY[a]!];
    const [bx, by] = [screenX[b]! - ax, screenY[b]! - ay];
    const [cx, cy] = [screenX[c]! - ax, screenY[c]! - ay];
    const area = bx * cy - by * cx;
    if (Math.abs(area) < 1e-9) return;
    const left = Math.max(0, Math.ceil(ax + Math.min(0, bx, cx)));
    const right = Math.min(wide - 1, Math.floor(ax + Math.max(0, bx, cx)));
    const top = Math.max(0, Math.ceil(ay + Math.min(0, by, cy)));
    const bottom = Math.min(wide - 1, Math.floor(ay + Math.max(0, by, cy)));
    const [na, nb, nc] = [nearness[a]!, nearness[b]! - nearness[a]!, nearness[c]! - nearness[a]!];
    const [la, lb, lc] = [light[a]!, light[b]! - light[a]!, light[c]! - light[a]!];
    const inverse = 1 / area;
    for (let y = top; y <= bottom; y++) {
      const py = y - ay;
      for (let x = left; x <= right; x++) {
        const px = x - ax;
        const toB = (px * cy - py * cx) * inverse;
        const toC = (bx * py - by * px) * inverse;
        if (toB < 0 || toC < 0 || toB + toC > 1) continue;
        const pixel = y * wide + x;
        if (asShadow) {
          shadow[pixel] = 1;
          continue;
        }
        const near = na + nb * toB + nc * toC;
        if (near <= depth[pixel]!) continue;
        depth[pixel] = near;
        shade[pixel] = la + lb * toB + lc * toC;
      }
    }
  };

  return (mesh: Mesh, view: View, lighting: Lighting, albedo: number, out: Float32Array): void => {
    const { corners, normals, triangles } = mesh;
    const count = corners.length / 3;
    if (screenX.length < count) {
      [screenX, screenY, nearness, light] = [0, 0, 0, 0].map(() => new Float64Array(count)) as [
        Float64Array<ArrayBuffer>,
        Float64Array<ArrayBuffer>,
        Float64Array<ArrayBuffer>,
        Float64Array<ArrayBuffer>,
      ];
    }
    const eye = camera(view, [0, 0, 0.35]);
    const [cosine, sine] = [Math.cos(view.azimuth), Math.sin(view.azimuth)];
    const lamp = unit(lighting.lamp);
    const fill = unit(lighting.fill);
    depth.fill(0);
    shadow.fill(0);

    // The shadow: the mesh pressed onto the ground along the light.
    for (let at = 0; at < count; at++) {
      const [x, y, z] = [corners[3 * at]!, corners[3 * at + 1]!, corners[3 * at + 2]!];
      const [worldX, worldY] = [cosine * x - sine * y, sine * x + cosine * y];
      const along = z / lamp[2];
      project(worldX - along * lamp[0], worldY - along * lamp[1], 0, eye, at);
    }
    for (let at = 0; at < triangles.length; at += 3) {
      fillTriangle(triangles[at]!, triangles[at + 1]!, triangles[at + 2]!, true);
    }

    for (let at = 0; at < count; at++) {
      const [x, y, z] = [corners[3 * at]!, corners[3 * at + 1]!, corners[3 * at + 2]!];
      const [nx, ny, nz] = [normals[3 * at]!, normals[3 * at + 1]!, normals[3 * at + 2]!];
      project(cosine * x - sine * y, sine * x + cosine * y, z, eye, at);
      const normal: Vector = [cosine * nx - sine * ny, sine * nx + cosine * ny, nz];
      light[at] =
        albedo *
        (lighting.ambient +
          lighting.strength * Math.max(0, dot(normal, lamp)) +
          lighting.fillStrength * Math.max(0, dot(normal, fill)));
    }
    for (let at = 0; at < triangles.length; at += 3) {
      fillTriangle(triangles[at]!, triangles[at + 1]!, triangles[at + 2]!, false);
    }

    for (let y = 0, to = 0; y < size; y++) {
      for (let x = 0; x < size; x++, to++) {
        let sum = 0;
        for (let part = 0; part < 4; part++) {
          const pixel = (2 * y + (part >> 1)) * wide + 2 * x + (part & 1);
          sum += depth[pixel]! > 0 ? shade[pixel]! : lighting.ground * (shadow[pixel] ? 0.62 : 1);
        }
        out[to] = sum / 4;
      }
    }
  };
}
