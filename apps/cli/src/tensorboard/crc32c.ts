/** CRC-32C (Castagnoli; RFC 3720, appendix B.4), which frames the records of TensorBoard. */

/** The polynomial 0x1edc6f41 with its bits reversed, as the algorithm shifts to the right. */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++)
    remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
  return remainder >>> 0;
});

/** The checksum of the bytes, as an unsigned number of 32 bits. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * The checksum as records carry it: turned right by 15 bits, plus a constant. TFRecord masks it so, because a checksum over data that
 * holds checksums of itself is weak.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
