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
/** How bright the ground stays in the shadow. */
const shadowed = 0.62;

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
    position: [
      target[0] - distance * forward[0],
      target[1] - distance * forward[1],
      target[2] - distance * forward[2],
    ],
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
  let facing = new Uint8Array(0);

  /** Where a point of the world is seen, and how near (1 / depth, which is linear on the screen). */
  const project = (
    x: number,
    y: number,
    z: number,
    { position, forward, right, up }: Camera,
    at: number,
  ): void => {
    const [dx, dy, dz] = [x - position[0], y - position[1], z - position[2]];
    const near = 1 / (dx * forward[0] + dy * forward[1] + dz * forward[2]);
    screenX[at] = wide * (0.5 + focal * (dx * right[0] + dy * right[1] + dz * right[2]) * near) - 0.5;
    screenY[at] = wide * (0.5 - focal * (dx * up[0] + dy * up[1] + dz * up[2]) * near) - 0.5;
    nearness[at] = near;
  };

  /** Fills a triangle, row by row: in the shadow, or where it is nearer than what is there. */
  const fillTriangle = (a: number, b: number, c: number, asShadow: boolean): void => {
    const ax = screenX[a]!;
    const ay = screenY[a]!;
    const bx = screenX[b]! - ax;
    const by = screenY[b]! - ay;
    const cx = screenX[c]! - ax;
    const cy = screenY[c]! - ay;
    const area = bx * cy - by * cx;
    if (Math.abs(area) < 1e-9) return;
    const left = Math.max(0, Math.ceil(ax + Math.min(0, bx, cx)));
    const right = Math.min(wide - 1, Math.floor(ax + Math.max(0, bx, cx)));
    const top = Math.max(0, Math.ceil(ay + Math.min(0, by, cy)));
    const bottom = Math.min(wide - 1, Math.floor(ay + Math.max(0, by, cy)));
    // The share of corners b and c in a pixel (barycentric coordinates) is linear in x and y, and with it depth and light.
    const inverse = 1 / area;
    const [bPerX, bPerY] = [cy * inverse, -cx * inverse];
    const [cPerX, cPerY] = [-by * inverse, bx * inverse];
    const near = nearness[a]!;
    const [nearB, nearC] = [nearness[b]! - near, nearness[c]! - near];
    const lit = light[a]!;
    const [litB, litC] = [light[b]! - lit, light[c]! - lit];
    for (let y = top; y <= bottom; y++) {
      let toB = bPerX * (left - ax) + bPerY * (y - ay);
      let toC = cPerX * (left - ax) + cPerY * (y - ay);
      for (let x = left, pixel = y * wide + left; x <= right; x++, pixel++, toB += bPerX, toC += cPerX) {
        if (toB < 0 || toC < 0 || toB + toC > 1) continue;
        if (asShadow) {
          shadow[pixel] = 1;
          continue;
        }
        const nearHere = near + nearB * toB + nearC * toC;
        if (nearHere <= depth[pixel]!) continue;
        depth[pixel] = nearHere;
        shade[pixel] = lit + litB * toB + litC * toC;
      }
    }
  };

  /** The triangles of which a corner is marked: of a closed solid, those turned to the eye (or the lamp) cover all the others. */
  const fillMarked = (triangles: Uint16Array, asShadow: boolean): void => {
    for (let at = 0; at < triangles.length; at += 3) {
      const [a, b, c] = [triangles[at]!, triangles[at + 1]!, triangles[at + 2]!];
      if (facing[a] || facing[b] || facing[c]) fillTriangle(a, b, c, asShadow);
    }
  };

  return (mesh: Mesh, view: View, lighting: Lighting, albedo: number, out: Float32Array): void => {
    const { corners, normals, triangles, height } = mesh;
    const count = corners.length / 3;
    if (facing.length < count) {
      screenX = new Float64Array(count);
      screenY = new Float64Array(count);
      nearness = new Float64Array(count);
      light = new Float64Array(count);
      facing = new Uint8Array(count);
    }
    const eye = camera(view, [0, 0, height / 2]);
    const [eyeX, eyeY, eyeZ] = eye.position;
    const [cosine, sine] = [Math.cos(view.azimuth), Math.sin(view.azimuth)];
    const [lampX, lampY, lampZ] = unit(lighting.lamp);
    const [fillX, fillY, fillZ] = unit(lighting.fill);
    depth.fill(0);
    shadow.fill(0);

    // The shadow: the mesh pressed onto the ground along the light.
    for (let at = 0; at < count; at++) {
      const [x, y, z] = [corners[3 * at]!, corners[3 * at + 1]!, corners[3 * at + 2]!];
      const [nx, ny, nz] = [normals[3 * at]!, normals[3 * at + 1]!, normals[3 * at + 2]!];
      const along = z / lampZ;
      project(cosine * x - sine * y - along * lampX, sine * x + cosine * y - along * lampY, 0, eye, at);
      facing[at] =
        (cosine * nx - sine * ny) * lampX + (sine * nx + cosine * ny) * lampY + nz * lampZ > 0 ? 1 : 0;
    }
    fillMarked(triangles, true);

    for (let at = 0; at < count; at++) {
      const [x, y, z] = [corners[3 * at]!, corners[3 * at + 1]!, corners[3 * at + 2]!];
      const [nx, ny, nz] = [normals[3 * at]!, normals[3 * at + 1]!, normals[3 * at + 2]!];
      const [worldX, worldY] = [cosine * x - sine * y, sine * x + cosine * y];
      const [normalX, normalY] = [cosine * nx - sine * ny, sine * nx + cosine * ny];
      project(worldX, worldY, z, eye, at);
      facing[at] = (eyeX - worldX) * normalX + (eyeY - worldY) * normalY + (eyeZ - z) * nz > 0 ? 1 : 0;
      const fromLamp = Math.max(0, normalX * lampX + normalY * lampY + nz * lampZ);
      const fromFill = Math.max(0, normalX * fillX + normalY * fillY + nz * fillZ);
      light[at] =
        albedo * (lighting.ambient + lighting.strength * fromLamp + lighting.fillStrength * fromFill);
    }
    fillMarked(triangles, false);

    const colour = (pixel: number): number =>
      depth[pixel]! > 0 ? shade[pixel]! : shadow[pixel] ? shadowed * lighting.ground : lighting.ground;
    for (let y = 0, to = 0; y < size; y++) {
      for (let x = 0, pixel = 2 * y * wide; x < size; x++, to++, pixel += 2) {
        out[to] = (colour(pixel) + colour(pixel + 1) + colour(pixel + wide) + colour(pixel + wide + 1)) / 4;
      }
    }
  };
}
