/** First bytes that tell a binary format, each with the name and family it has here. */
import type { Buffer } from 'node:buffer';
import type { FileFamily } from './file-kinds.ts';

type Magic = {
  readonly at: number;
  /** One character per byte; `?` matches any. */
  readonly bytes: string;
  readonly detected: string;
  readonly family: FileFamily;
};

const m = (detected: string, family: FileFamily, bytes: string, at = 0): Magic => ({
  at,
  bytes,
  detected,
  family,
});

const OLE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';
const ONENOTE = '\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3';

const MAGICS: readonly Magic[] = [
  m('elf', 'executable', '\x7fELF'),
  m('java-class', 'executable', '\xca\xfe\xba\xbe\0\0\0?'),
  m('mach-o', 'executable', '\xca\xfe\xba\xbe'),
  m('mach-o', 'executable', '\xfe\xed\xfa\xce'),
  m('mach-o', 'executable', '\xfe\xed\xfa\xcf'),
  m('mach-o', 'executable', '\xce\xfa\xed\xfe'),
  m('mach-o', 'executable', '\xcf\xfa\xed\xfe'),
  m('wasm', 'executable', '\0asm'),
  m('dex', 'executable', 'dex\n03'),
  m('deb', 'executable', '!<arch>\ndebian'),
  m('ar', 'archive', '!<arch>\n'),
  m('rpm', 'executable', '\xed\xab\xee\xdb'),
  m('lnk', 'shortcut', 'L\0\0\0\x01\x14\x02\0'),
  m('chm', 'executable', 'ITSF'),
  m('hlp', 'executable', '?_\x03\0'),
  m('swf', 'executable', 'FWS'),
  m('swf', 'executable', 'CWS'),
  m('swf', 'executable', 'ZWS'),
  m('zip', 'archive', 'PK\x03\x04'),
  m('zip', 'archive', 'PK\x05\x06'),
  m('zip', 'archive', 'PK\x07\x08'),
  m('zip', 'archive', 'PK00PK\x03\x04'),
  m('rar', 'archive', 'Rar!\x1a\x07'),
  m('rar', 'archive', 'RE~^'),
  m('7z', 'archive', '7z\xbc\xaf\x27\x1c'),
  m('cab', 'archive', 'MSCF'),
  m('cab', 'archive', 'ISc('),
  m('ace', 'archive', '**ACE**', 7),
  m('arj', 'archive', '\x60\xea'),
  m('lha', 'archive', '-lh?-', 2),
  m('zoo', 'archive', '\xdc\xa7\xc4\xfd', 20),
  m('gz', 'archive', '\x1f\x8b'),
  m('compress', 'archive', '\x1f\x9d'),
  m('compress', 'archive', '\x1f\xa0'),
  m('bz2', 'archive', 'BZh'),
  m('xz', 'archive', '\xfd7zXZ\0'),
  m('lzip', 'archive', 'LZIP'),
  m('zstd', 'archive', '\x28\xb5\x2f\xfd'),
  m('lz4', 'archive', '\x04\x22\x4d\x18'),
  m('lzma', 'archive', '\x5d\0\0?\0'),
  m('xar', 'archive', 'xar!'),
  m('cpio', 'archive', '07070'),
  m('tar', 'archive', 'ustar', 257),
  m('kgb', 'archive', 'KGB_arch'),
  m('pdf', 'document', '%PDF-'),
  m('rtf', 'document', '{\\rt'),
  m('onenote', 'document', ONENOTE),
  m('access', 'document', '\0\x01\0\0Standard '),
  m('postscript', 'document', '%!PS'),
  m('postscript', 'document', '\xc5\xd0\xd3\xc6'),
  m('djvu', 'document', 'AT&TFORM'),
  m('tnef', 'message', '\x78\x9f\x3e\x22'),
  m('outlook-store', 'message', '!BDN'),
  m('vhd', 'disk-image', 'conectix'),
  m('vhdx', 'disk-image', 'vhdxfile'),
  m('vmdk', 'disk-image', 'KDMV'),
  m('vmdk', 'disk-image', '# Disk DescriptorFile'),
  m('qcow', 'disk-image', 'QFI\xfb'),
  m('wim', 'disk-image', 'MSWIM\0\0\0'),
  m('squashfs', 'disk-image', 'hsqs'),
  m('png', 'image', '\x89PNG\r\n\x1a\n'),
  m('jpeg', 'image', '\xff\xd8\xff'),
  m('gif', 'image', 'GIF8'),
  m('tiff', 'image', 'II*\0'),
  m('tiff', 'image', 'MM\0*'),
  m('bmp', 'image', 'BM????\0\0\0\0'),
  m('ico', 'image', '\0\0\x01\0'),
  m('cur', 'image', '\0\0\x02\0'),
  m('psd', 'image', '8BPS'),
  m('emf', 'image', ' EMF', 40),
  m('wmf', 'image', '\xd7\xcd\xc6\x9a'),
  m('jp2', 'image', '\0\0\0\x0cjP  '),
  m('jxl', 'image', '\xff\x0a'),
  m('heif', 'image', 'ftyphei', 4),
  m('heif', 'image', 'ftypmif', 4),
  m('avif', 'image', 'ftypavif', 4),
  m('webp', 'image', 'WEBP', 8),
  m('wav', 'audio', 'WAVE', 8),
  m('avi', 'video', 'AVI ', 8),
  m('ani', 'image', 'ACON', 8),
  m('mp3', 'audio', 'ID3'),
  m('mp3', 'audio', '\xff\xfb'),
  m('ogg', 'audio', 'OggS'),
  m('flac', 'audio', 'fLaC'),
  m('midi', 'audio', 'MThd'),
  m('amr', 'audio', '#!AMR'),
  m('aiff', 'audio', 'AIF', 8),
  m('mp4', 'video', 'ftyp', 4),
  m('matroska', 'video', '\x1a\x45\xdf\xa3'),
  m('flv', 'video', 'FLV\x01'),
  m('mpeg', 'video', '\0\0\x01\xba'),
  m('mpeg', 'video', '\0\0\x01\xb3'),
  m('asf', 'video', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'),
  m('ttf', 'font', '\0\x01\0\0\0'),
  m('otf', 'font', 'OTTO'),
  m('woff', 'font', 'wOFF'),
  m('woff2', 'font', 'wOF2'),
  m('pgp', 'cryptographic', '-----BEGIN PGP'),
  m('pem', 'cryptographic', '-----BEGIN '),
  m('sqlite', 'document', 'SQLite format 3\0'),
  m('pcap', 'unknown', '\xd4\xc3\xb2\xa1'),
];

/** By first byte, so that most formats are never compared. Formats that begin later come under every byte. */
const BY_FIRST = new Map<number, Magic[]>();
const LATER: Magic[] = [];
for (const magic of MAGICS)
  if (magic.at > 0 || magic.bytes.startsWith('?')) LATER.push(magic);
  else {
    const first = magic.bytes.charCodeAt(0);
    BY_FIRST.set(first, [...(BY_FIRST.get(first) ?? []), magic]);
  }

export type Found = { readonly detected: string; readonly family: FileFamily };

export function findMagic(bytes: Buffer): Found | undefined {
  const special = findSpecial(bytes);
  if (special !== undefined) return special;
  for (const magic of BY_FIRST.get(bytes[0] ?? -1) ?? []) if (matches(bytes, magic)) return magic;
  for (const magic of LATER) if (matches(bytes, magic)) return magic;
  return undefined;
}

function matches(bytes: Buffer, magic: Magic): boolean {
  if (bytes.length < magic.at + magic.bytes.length) return false;
  for (let i = 0; i < magic.bytes.length; i++) {
    const c = magic.bytes.charCodeAt(i);
    if (c !== 0x3f && c !== bytes[magic.at + i]) return false; // 0x3f: ?
  }
  return true;
}

/** Formats whose first bytes alone do not tell. */
function findSpecial(bytes: Buffer): Found | undefined {
  // MZ with a PE header where its offset says, or at least as long as an MS-DOS header.
  if (bytes[0] === 0x4d && bytes[1] === 0x5a && bytes.length >= 64) {
    const at = bytes.readUInt32LE(60);
    const isPe = at + 4 <= bytes.length && bytes.toString('latin1', at, at + 4) === 'PE\0\0';
    return { detected: isPe ? 'pe' : 'mz', family: 'executable' };
  }
  if (bytes.toString('latin1', 0, 8) === OLE) return oleType(bytes);
  // PDF readers look for the mark in the first 1024 bytes.
  const pdf = bytes.indexOf('%PDF-');
  if (pdf > 0 && pdf < 1024) return { detected: 'pdf', family: 'document' };
  return undefined;
}

/** Names of the streams that tell OLE files apart, in UTF-16; they stand in the directory, often past the first bytes. */
const OLE_STREAMS: readonly (readonly [string, string])[] = [
  ['WordDocument', 'doc'],
  ['Workbook', 'xls'],
  ['PowerPoint Document', 'ppt'],
  ['EncryptedPackage', 'encrypted-office'],
  ['__substg1.0_', 'msg'],
  ['VisioDocument', 'vsd'],
];
/** Class id of Windows Installer packages in the root entry. */
const MSI_CLSID = '\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46';

function oleType(bytes: Buffer): Found {
  const text = bytes.toString('latin1');
  if (text.includes(MSI_CLSID)) return { detected: 'msi', family: 'executable' };
  for (const [stream, detected] of OLE_STREAMS)
    if (text.includes(stream.split('').join('\0')))
      return { detected, family: detected === 'msg' ? 'message' : 'document' };
  return { detected: 'ole', family: 'document' };
}
