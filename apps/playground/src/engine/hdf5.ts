/** Telling HDF5 files apart before the reader is loaded. */

/** https://docs.hdfgroup.org/hdf5/latest/_f_m_t11.html, "Format signature" */
const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether the bytes begin as HDF5 files do. */
export const isHdf5 = (bytes: Uint8Array): boolean => signature.every((byte, index) => bytes[index] === byte);
