/** Length-prefixed messages of gRPC: one byte of flags, four of length, the message. */

import { OtlpDecodeError } from "./decode.ts";

/** `more` bytes of the message follow outside of this frame. */
export function frame(message: Uint8Array, more = 0, compressed = false): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length + more, 1);
  return Buffer.concat([head, message]);
}

/** The one message of a unary call. @throws {OtlpDecodeError} */
export function unframe(body: Uint8Array): {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
} {
  if (body.length < 5) throw new OtlpDecodeError("no length-prefixed message");
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const flags = view.getUint8(0);
  const length = view.getUint32(1);
  if (flags > 1) throw new OtlpDecodeError(`the flags of the message are ${flags}`);
  if (body.length !== length + 5) {
    throw new OtlpDecodeError(`a message of ${length} bytes came as ${body.length - 5}`);
  }
  return { compressed: flags === 1, bytes: body.subarray(5) };
}
