// The favicon: an arch and what is kept beneath it, white on our green. A PNG with no chunk but the four it needs.
//
//   node mark.mjs OUT.png
//
// Drawn here, so that no drawing program leaves its name, a date or a colour profile in the file; and stored, not
// deflated, so that the bytes are the same with every version of zlib.
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

const SIZE = 48;
const SHADES = 16;
const SAMPLES = 6;
const GROUND = [0x0e, 0x5a, 0x64];

// Is the point part of the arch or of the dot? Units are the picture's width.
function white(x, y) {
  const fromTop = Math.hypot(x - 0.5, y - 0.48);
  const arch = y < 0.48 ? fromTop >= 0.22 && fromTop <= 0.32 : y <= 0.82 && Math.abs(x - 0.5) >= 0.22 && Math.abs(x - 0.5) <= 0.32;
  return arch || Math.hypot(x - 0.5, y - 0.72) <= 0.095;
}

function shade(column, row) {
  let hits = 0;
  for (let i = 0; i < SAMPLES; i += 1) {
    for (let j = 0; j < SAMPLES; j += 1) {
      hits += white((column + (i + 0.5) / SAMPLES) / SIZE, (row + (j + 0.5) / SAMPLES) / SIZE);
    }
  }
  return Math.round((hits / (SAMPLES * SAMPLES)) * (SHADES - 1));
}

function chunk(kind, body) {
  const framed = Buffer.concat([Buffer.from(kind, "ascii"), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(framed));
  return Buffer.concat([length, framed, sum]);
}

const head = Buffer.alloc(13);
head.writeUInt32BE(SIZE, 0);
head.writeUInt32BE(SIZE, 4);
head.set([4, 3, 0, 0, 0], 8); // four bits a pixel, from a palette
const palette = Buffer.alloc(SHADES * 3);
for (let i = 0; i < SHADES; i += 1) {
  GROUND.forEach((part, at) => (palette[i * 3 + at] = Math.round(part + ((255 - part) * i) / (SHADES - 1))));
}
const rows = [];
for (let row = 0; row < SIZE; row += 1) {
  const line = [0];
  for (let column = 0; column < SIZE; column += 2) line.push((shade(column, row) << 4) | shade(column + 1, row));
  rows.push(Buffer.from(line));
}
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const drawn = deflateSync(Buffer.concat(rows), { level: 0 });
writeFileSync(process.argv[2], Buffer.concat([signature, chunk("IHDR", head), chunk("PLTE", palette), chunk("IDAT", drawn),
  chunk("IEND", Buffer.alloc(0))]));
