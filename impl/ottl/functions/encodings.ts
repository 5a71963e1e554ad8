/** Encodings of texts by their registered names (IANA character sets), as the Collector knows them. */

/** By the name that `TextDecoder` has for it: its other registered names. */
const known: Readonly<Record<string, string>> = {
  big5: "csbig5",
  "euc-jp": "cseucpkdfmtjapanese extended_unix_code_packed_format_for_japanese",
  "euc-kr": "cseuckr",
  gb18030: "csgb18030",
  gbk: "cp936 csgbk ms936 windows-936",
  ibm866: "866 cp866 csibm866",
  "iso-2022-jp": "csiso2022jp",
  "iso-8859-10": "csisolatin6 iso-ir-157 iso_8859-10:1992 l6 latin6",
  "iso-8859-13": "csiso885913",
  "iso-8859-14": "csiso885914 iso-celtic iso-ir-199 iso_8859-14 iso_8859-14:1998 l8 latin8",
  "iso-8859-15": "csiso885915 iso_8859-15 latin-9",
  "iso-8859-16": "csiso885916 iso-ir-226 iso_8859-16 iso_8859-16:2001 l10 latin10",
  "iso-8859-2": "csisolatin2 iso-ir-101 iso_8859-2 iso_8859-2:1987 l2 latin2",
  "iso-8859-3": "csisolatin3 iso-ir-109 iso_8859-3 iso_8859-3:1988 l3 latin3",
  "iso-8859-4": "csisolatin4 iso-ir-110 iso_8859-4 iso_8859-4:1988 l4 latin4",
  "iso-8859-5": "csisolatincyrillic cyrillic iso-ir-144 iso_8859-5 iso_8859-5:1988",
  "iso-8859-6":
    "csiso88596e iso-8859-6-e iso_8859-6-e csiso88596i iso-8859-6-i iso_8859-6-i arabic asmo-708 csisolatinarabic ecma-114 iso-ir-127 iso_8859-6 iso_8859-6:1987",
  "iso-8859-7":
    "csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso_8859-7 iso_8859-7:1987",
  "iso-8859-8":
    "csisolatinhebrew hebrew iso-ir-138 iso_8859-8 iso_8859-8:1988 csiso88598e iso-8859-8-e iso_8859-8-e",
  "iso-8859-8-i": "csiso88598i iso_8859-8-i",
  "iso-8859-9": "csisolatin5 iso-ir-148 iso_8859-9 iso_8859-9:1989 l5 latin5",
  "koi8-r": "cskoi8r",
  "koi8-u": "cskoi8u",
  latin1: "cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso_8859-1 iso_8859-1:1987 l1",
  macintosh: "csmacintosh mac",
  shift_jis: "csshiftjis ms_kanji",
  "utf-16be": "csutf16be csutf16 utf-16",
  "utf-16le": "csutf16le",
  "utf-8": "csutf8",
  "windows-1250": "cswindows1250",
  "windows-1251": "cswindows1251",
  "windows-1252": "cswindows1252",
  "windows-1253": "cswindows1253",
  "windows-1254": "cswindows1254",
  "windows-1255": "cswindows1255",
  "windows-1256": "cswindows1256",
  "windows-1257": "cswindows1257",
  "windows-1258": "cswindows1258",
  "windows-874": "cswindows874",
};

/** What `TextDecoder` does not know: other names, and the characters of the bytes from 128 (all 256 where it is no ASCII). */
const tables: Readonly<Record<string, readonly [names: string, characters: string]>> = {
  "ibm-1047": [
    "csibm1047 ibm1047",
    "\u0000\u0001\u0002\u0003\u009c\t\u0086\u0097\u008d\u008e\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u009d\u0085\b\u0087\u0018\u0019\u0092\u008f\u001c\u001d\u001e\u001f\u0080\u0081\u0082\u0083\u0084\n\u0017\u001b\u0088\u0089\u008a\u008b\u008c\u0005\u0006\u0007\u0090\u0091\u0016\u0093\u0094\u0095\u0096\u0004\u0098\u0099\u009a\u009b\u0014\u0015\u009e\u001a \u00a0âäàáãåçñ¢.<(+|&éêëèíîïìß!$*);^-/ÂÄÀÁÃÅÇÑ¦,%_>?øÉÊËÈÍÎÏÌ`:#@'=\"Øabcdefghi«»ðýþ±°jklmnopqrªºæ¸Æ¤µ~stuvwxyz¡¿Ð[Þ®¬£¥·©§¶¼½¾Ý¨¯]´×{ABCDEFGHI\u00adôöòóõ}JKLMNOPQR¹ûüùúÿ\\÷STUVWXYZ²ÔÖÒÓÕ0123456789³ÛÜÙÚ\u009f",
  ],
  ibm00858: [
    "ccsid00858 cp00858 csibm00858 pc-multilingual-850+euro",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  ],
  ibm01140: [
    "ccsid01140 cp01140 csibm01140 ebcdic-us-37+euro",
    "\u0000\u0001\u0002\u0003\u009c\t\u0086\u0097\u008d\u008e\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u009d\u0085\b\u0087\u0018\u0019\u0092\u008f\u001c\u001d\u001e\u001f\u0080\u0081\u0082\u0083\u0084\n\u0017\u001b\u0088\u0089\u008a\u008b\u008c\u0005\u0006\u0007\u0090\u0091\u0016\u0093\u0094\u0095\u0096\u0004\u0098\u0099\u009a\u009b\u0014\u0015\u009e\u001a \u00a0âäàáãåçñ¢.<(+|&éêëèíîïìß!$*);¬-/ÂÄÀÁÃÅÇÑ¦,%_>?øÉÊËÈÍÎÏÌ`:#@'=\"Øabcdefghi«»ðýþ±°jklmnopqrªºæ¸Æ€µ~stuvwxyz¡¿ÐÝÞ®^£¥·©§¶¼½¾[]¯¨´×{ABCDEFGHI\u00adôöòóõ}JKLMNOPQR¹ûüùúÿ\\÷STUVWXYZ²ÔÖÒÓÕ0123456789³ÛÜÙÚ\u009f",
  ],
  ibm037: [
    "cp037 csibm037 ebcdic-cp-ca ebcdic-cp-nl ebcdic-cp-us ebcdic-cp-wt",
    "\u0000\u0001\u0002\u0003\u009c\t\u0086\u0097\u008d\u008e\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u009d\u0085\b\u0087\u0018\u0019\u0092\u008f\u001c\u001d\u001e\u001f\u0080\u0081\u0082\u0083\u0084\n\u0017\u001b\u0088\u0089\u008a\u008b\u008c\u0005\u0006\u0007\u0090\u0091\u0016\u0093\u0094\u0095\u0096\u0004\u0098\u0099\u009a\u009b\u0014\u0015\u009e\u001a \u00a0âäàáãåçñ¢.<(+|&éêëèíîïìß!$*);¬-/ÂÄÀÁÃÅÇÑ¦,%_>?øÉÊËÈÍÎÏÌ`:#@'=\"Øabcdefghi«»ðýþ±°jklmnopqrªºæ¸Æ¤µ~stuvwxyz¡¿ÐÝÞ®^£¥·©§¶¼½¾[]¯¨´×{ABCDEFGHI\u00adôöòóõ}JKLMNOPQR¹ûüùúÿ\\÷STUVWXYZ²ÔÖÒÓÕ0123456789³ÛÜÙÚ\u009f",
  ],
  ibm437: [
    "437 cp437 cspc8codepage437",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  ],
  ibm850: [
    "850 cp850 cspc850multilingual",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  ],
  ibm852: [
    "852 cp852 cspcp852",
    "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0",
  ],
  ibm855: [
    "855 cp855 csibm855",
    "ђЂѓЃёЁєЄѕЅіІїЇјЈљЉњЊћЋќЌўЎџЏюЮъЪаАбБцЦдДеЕфФгГ«»░▒▓│┤хХиИ╣║╗╝йЙ┐└┴┬├─┼кК╚╔╩╦╠═╬¤лЛмМнНоОп┘┌█▄Пя▀ЯрРсСтТуУжЖвВьЬ№\u00adыЫзЗшШэЭщЩчЧ§■\u00a0",
  ],
  ibm860: [
    "860 cp860 csibm860",
    "ÇüéâãàÁçêÊèÍÔìÃÂÉÀÈôõòÚùÌÕÜ¢£Ù₧ÓáíóúñÑªº¿Ò¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  ],
  ibm862: [
    "862 cp862 cspc862latinhebrew",
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  ],
  ibm863: [
    "863 cp863 csibm863",
    "ÇüéâÂà¶çêëèïî‗À§ÉÈÊôËÏûù¤ÔÜ¢£ÙÛƒ¦´óú¨¸³¯Î⌐¬½¼¾«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  ],
  ibm865: [
    "865 cp865 csibm865",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø₧ƒáíóúñÑªº¿⌐¬½¼¡«¤░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  ],
};

type Decode = (bytes: Uint8Array) => string;

const utf8: Decode = (bytes) => Buffer.from(bytes).toString("utf8");
const latin1: Decode = (bytes) => Buffer.from(bytes).toString("latin1");

/** Names that the Collector understands before it asks the registry. */
const own: Readonly<Record<string, Decode>> = {
  "": utf8,
  nop: utf8,
  utf8,
  "utf-8": utf8,
  "utf8-raw": utf8,
  "utf-8-raw": utf8,
  ascii: utf8,
  "us-ascii": utf8,
  "utf-16": decoderOf("utf-16le"),
  utf16: decoderOf("utf-16le"),
};

const ascii =
  "ansi_x3.4-1968 ansi_x3.4-1986 cp367 csascii ibm367 iso-ir-6 iso646-us iso_646.irv:1991 us";
const byName = new Map<string, () => Decode>([
  ...ascii.split(" ").map((name) => [name, () => asciiOnly] as const),
  ...Object.entries(known).flatMap(([label, names]) =>
    [label, ...names.split(" ")].map((name) => [name, () => decoderOf(label)] as const),
  ),
  ...Object.entries(tables).flatMap(([label, [names, characters]]) =>
    [label, ...names.split(" ")].map((name) => [name, () => tableOf(characters)] as const),
  ),
]);

/** Bytes to text; null for a name that is not known. */
export function decoderNamed(name: string): Decode | null {
  const lower = name.toLowerCase();
  return Object.hasOwn(own, lower) ? own[lower]! : (byName.get(lower.trim())?.() ?? null);
}

const asciiOnly: Decode = (bytes) => latin1(bytes).replace(/[^\0-\x7f]/g, "\ufffd");

function decoderOf(label: string): Decode {
  if (label === "latin1") return latin1;
  // Browsers read it as windows-1254, which has other characters where it has control codes.
  const decoder = new TextDecoder(label === "iso-8859-9" ? "windows-1254" : label, {
    ignoreBOM: true,
  });
  if (label === "iso-8859-9") {
    return (bytes) =>
      Array.from(bytes, (byte) =>
        byte < 0xa0 ? String.fromCharCode(byte) : decoder.decode(Uint8Array.of(byte)),
      ).join("");
  }
  // Control codes for bytes without a character are a habit of browsers.
  return /^(?:iso-8859|windows)/.test(label)
    ? (bytes) => decoder.decode(bytes).replace(/[\u0080-\u009f]/g, "\ufffd")
    : (bytes) => decoder.decode(bytes);
}

function tableOf(characters: string): Decode {
  const all = Array.from(characters);
  const low = 256 - all.length;
  return (bytes) =>
    Array.from(bytes, (byte) => (byte < low ? String.fromCharCode(byte) : all[byte - low]!)).join(
      "",
    );
}
