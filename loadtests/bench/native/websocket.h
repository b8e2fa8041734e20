// The little of RFC 6455 that a sink and a limit server need: one frame's head, read and written.
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <stdint.h>
#include <string.h>

enum { OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };
enum { LARGEST_HEAD = 14 };

typedef struct {
    int opcode;
    int head;         // bytes before the payload, the mask among them
    uint64_t length;  // bytes of the payload
    const unsigned char *mask;  // four bytes, or null
} frame_head;

// Reads a frame's head; 0 while it is not all there.
static inline int read_head(const unsigned char *at, uint64_t there, frame_head *out) {
    if (there < 2) return 0;
    int sizes[] = {2, 4, 10}, is_masked = at[1] >> 7, length = at[1] & 127;
    int size = sizes[length == 126 ? 1 : length == 127 ? 2 : 0];
    if (there < (uint64_t)(size + 4 * is_masked)) return 0;
    out->opcode = at[0] & 15;
    out->length = length;
    if (length >= 126) {
        out->length = 0;
        for (int i = 2; i < size; i++) out->length = out->length << 8 | at[i];
    }
    out->mask = is_masked ? at + size : 0;
    out->head = size + 4 * is_masked;
    return 1;
}

// Writes the head of a whole message and returns its size; a client's is followed by its mask.
static inline int write_head(unsigned char *at, int opcode, uint64_t length, int is_client) {
    int size = length < 126 ? 2 : length < 65536 ? 4 : 10;
    at[0] = 0x80 | opcode;
    at[1] = (is_client ? 0x80 : 0) | (size == 2 ? length : size == 4 ? 126 : 127);
    for (int i = 2; i < size; i++) at[i] = length >> (8 * (size - 1 - i));
    return size;
}

// One publication as the sink sends it to a server's control port; little endian.
typedef struct {
    uint32_t room;
    uint32_t unused;
    uint64_t at_ns;  // CLOCK_MONOTONIC
} publication;

// What an event carries of its publication, so that whoever receives it knows how old it is.
#define MARKER "TS="
enum { MARKER_LENGTH = 3, STAMP_LENGTH = 16 };

#endif
