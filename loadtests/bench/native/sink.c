// The sink: thousands of WebSocket connections in one thread, which publish and time what comes.
//
// Connection i is in room i / ROOM_SIZE, and goes to port i % of --port's, which may be several:
// P,P,P, as --server may be several processes. What is published goes out in one of two ways:
//   --control PORT    16-byte publications over one TCP connection; the event that comes of one
//                     holds "TS=" and the publication's CLOCK_MONOTONIC ns as 16 hex digits
//   --commands FILE   commands of gutsy.v1: those of a connection in turn and over again, each with
//                     an id of its own, which its events show: a ULID whose chance holds the ns
// and at one of three paces:
//   --window W        W events outstanding in each room, its members in turn: as fast as the
//                     server can
//   --clients C       C commands unanswered in all, connections in turn
//   --rate E          E a second, over rooms (or, with --by-player, over connections) in turn; timed
//                     from when one was due, so that a server that stalls does not flatter itself
//   neither           nothing is published: connections are counted, and their memory
//
// The answer is one line of JSON. What was published in the measured time and has not come to all
// of a room before --drain seconds are over is "lost".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "websocket.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { ID_LENGTH = 26, TURN = 4096 };
enum { OUTSTANDING = 256, BUFFER = 1 << 20, MOST_SERVERS = 16 };

typedef struct {
    int count, of[MOST_SERVERS];
} numbers;

typedef struct {
    unsigned char *bytes;
    int size;
    int opcode;
    int arrivals;         // of its events, over the whole room
    int id_at, thing_at;  // where a command's id and the thing it is about go; -1: nowhere
} message;

typedef struct {
    int fd;
    enum { WAITS, CONNECTS, SHAKES_HANDS, OPEN, GONE } state;
    int is_ready, frames;
    unsigned char *rest;  // of a frame that is not whole
    int rest_size, rest_capacity;
    message *openings;  // what it says first
    int opening_count;
    message *commands;
    int command_count, next_command;
    char thing[ID_LENGTH];  // what its last command has made
    int is_asking;          // a command is under way
    uint64_t asked_at;
} connection;

// An event under way to its room.
typedef struct {
    uint64_t at_ns;
    int missing;
} event;

typedef struct {
    event under_way[OUTSTANDING];
    int count, turn;
} room;

static struct {
    numbers ports, servers;
    int control_port, connections, room_size, window, sources, at_once, ready_frames;
    int clients, by_player;
    double rate, seconds, warm_up, settle, drain, connect_limit;
    const char *path, *paths_file, *subprotocol, *openings_file, *commands_file, *ready_tag;
} options = {
    .room_size = 10, .sources = 1, .at_once = 64, .seconds = 5, .warm_up = 1, .settle = 0.5,
    .drain = 5, .connect_limit = 120, .path = "/ws?room={r}", .subprotocol = "",
};

static connection *all;
static char **paths;
static room *rooms;
static int *members;  // of each room, that are open
static int room_count, epoll, control = -1, started, connecting, ready_count, gone_count;
static int is_measuring, is_publishing, pings;
static uint64_t deliveries, published, acks, refusals, frames, bytes_in, reads, lost, strays;
static uint64_t errors;
static char first_refusal[200];
static unsigned char control_out[1 << 16];
static int control_size;

// Time

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t ns_of(double seconds) { return seconds * 1e9; }

// Histograms: 64 steps an octave, so a value is within 1.6 %.

typedef struct {
    uint64_t counts[64 * 64], count, most;
    double sum;
} histogram;

static histogram to_socket, to_last, to_ack;

static void note(histogram *h, uint64_t ns) {
    int octave = ns < 64 ? 0 : 63 - __builtin_clzll(ns);
    int place = ns < 64 ? (int)ns : (octave - 5) * 64 + (int)(ns >> (octave - 6) & 63);
    h->counts[place]++;
    h->count++;
    h->sum += ns;
    if (ns > h->most) h->most = ns;
}

static double percentile_ms(const histogram *h, double share) {
    uint64_t wanted = h->count * share, seen = 0;
    for (int i = 0; i < 64 * 64; i++) {
        seen += h->counts[i];
        if (seen > wanted) {
            int octave = i / 64 + 5;
            uint64_t least = i < 64 ? (uint64_t)i : 1ull << octave | (uint64_t)(i % 64) << (octave - 6);
            return least / 1e6;
        }
    }
    return h->most / 1e6;
}

// ULIDs: ten characters of time, the same for the whole run and so our marker; thirteen of ns; three
// of a count.

static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
enum { TIME_LENGTH = 10, NS_LENGTH = 13 };
static char run_marker[TIME_LENGTH + 1];
static unsigned char digit_of[256];

static void write_base32(char *at, int length, uint64_t value) {
    for (int i = length - 1; i >= 0; i--, value >>= 5) at[i] = DIGITS[value & 31];
}

static uint64_t read_base32(const unsigned char *at, int length) {
    uint64_t value = 0;
    for (int i = 0; i < length; i++) value = value << 5 | digit_of[at[i]];
    return value;
}

static uint64_t read_hex(const unsigned char *at) {
    uint64_t value = 0;
    for (int i = 0; i < STAMP_LENGTH; i++)
        value = value << 4 | (at[i] <= '9' ? at[i] - '0' : at[i] - 'a' + 10);
    return value;
}

static void prepare_ids(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    write_base32(run_marker, TIME_LENGTH, t.tv_sec * 1000ull + t.tv_nsec / 1000000);
    for (int i = 0; i < 32; i++) digit_of[(unsigned char)DIGITS[i]] = i;
}

// Sending

static void lose(connection *one) {
    if (one->state == GONE) return;
    if (one->state == CONNECTS || one->state == SHAKES_HANDS) connecting--;
    if (one->state == OPEN) members[(one - all) / options.room_size]--;
    one->state = GONE;
    gone_count++;
    errors++;
    close(one->fd);
}

static void say(connection *one, int opcode, const unsigned char *payload, int size) {
    static unsigned char frame[BUFFER];
    int head = write_head(frame, opcode, size, 1);
    // A mask of our choice costs the server as much as any other; zeros would cost it less.
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    memcpy(frame + head, mask, 4);
    for (int i = 0; i < size; i++) frame[head + 4 + i] = payload[i] ^ mask[i & 3];
    int whole = head + 4 + size;
    if (send(one->fd, frame, whole, MSG_NOSIGNAL) != whole) lose(one);
}

static void expect(int number, int arrivals, uint64_t at_ns) {
    room *to = &rooms[number];
    if (to->count == OUTSTANDING) {
        lost++;
        memmove(to->under_way, to->under_way + 1, --to->count * sizeof(event));
    }
    to->under_way[to->count++] = (event){at_ns, arrivals};
}

static void command(connection *one, uint64_t at_ns) {
    static uint64_t count;
    message *what = &one->commands[one->next_command];
    one->next_command = (one->next_command + 1) % one->command_count;
    char *id = (char *)what->bytes + what->id_at;
    memcpy(id, run_marker, TIME_LENGTH);
    write_base32(id + TIME_LENGTH, NS_LENGTH, at_ns);
    write_base32(id + TIME_LENGTH + NS_LENGTH, ID_LENGTH - TIME_LENGTH - NS_LENGTH, count++);
    if (what->thing_at >= 0) memcpy(what->bytes + what->thing_at, one->thing, ID_LENGTH);
    one->is_asking = 1;
    one->asked_at = at_ns;
    say(one, OP_BINARY, what->bytes, what->size);
}

static void send_command(connection *by, uint64_t at_ns) {
    int number = (by - all) / options.room_size, arrivals = by->commands[by->next_command].arrivals;
    if (is_measuring) published++;
    expect(number, arrivals, at_ns);
    command(by, at_ns);
}

// The next of a room's members who has something to say.
static connection *next_member(int number) {
    for (int tried = 0; tried < options.room_size; tried++) {
        int place = number * options.room_size + rooms[number].turn++ % options.room_size;
        if (place < options.connections && all[place].command_count && all[place].state == OPEN)
            return &all[place];
    }
    fprintf(stderr, "nobody in room %d has a command\n", number);
    exit(1);
}

static void publish(int number, uint64_t at_ns) {
    if (control < 0) {
        send_command(next_member(number), at_ns);
        return;
    }
    if (is_measuring) published++;
    expect(number, members[number], at_ns);
    publication one = {number, 0, at_ns};
    memcpy(control_out + control_size, &one, sizeof one);
    control_size += sizeof one;
}

// The next connection of all, whose turn it is.
static void publish_next(uint64_t at_ns) {
    static int next;
    connection *by = &all[next];
    next = (next + 1) % options.connections;
    if (by->state == OPEN) send_command(by, at_ns);
}

static void flush_control(void) {
    for (int sent = 0; sent < control_size;) {
        int size = send(control, control_out + sent, control_size - sent, MSG_NOSIGNAL);
        if (size < 0 && errno != EINTR) {
            perror("the control connection");
            exit(1);
        }
        sent += size > 0 ? size : 0;
    }
    control_size = 0;
}

// Receiving

static void arrived(connection *one, uint64_t at_ns, uint64_t now) {
    int number = (one - all) / options.room_size;
    room *of = &rooms[number];
    if (is_measuring) {
        deliveries++;
        note(&to_socket, now > at_ns ? now - at_ns : 0);
    }
    for (int i = 0; i < of->count; i++) {
        if (of->under_way[i].at_ns != at_ns) continue;
        if (--of->under_way[i].missing > 0) return;
        memmove(of->under_way + i, of->under_way + i + 1, (--of->count - i) * sizeof(event));
        if (is_measuring) note(&to_last, now > at_ns ? now - at_ns : 0);
        if (options.window && is_publishing) publish(number, now_ns());
        return;
    }
    strays++;
}

static int is_tagged(const unsigned char *payload, uint64_t size, const char *tag) {
    int length = strlen(tag);
    return size > (uint64_t)(4 + length) && payload[1] == 0xa1 && payload[2] == 't' &&
           payload[3] == (0xa0 | length) && !memcmp(payload + 4, tag, length);
}

static void answered(connection *one, const unsigned char *payload, uint64_t size, uint64_t now) {
    static const char made[] = "\xa4" "dare" "\xba";
    const unsigned char *thing = memmem(payload, size, made, sizeof made - 1);
    if (thing) memcpy(one->thing, thing + sizeof made - 1, ID_LENGTH);
    if (!one->is_asking) return;
    one->is_asking = 0;
    if (is_measuring) {
        acks++;
        note(&to_ack, now > one->asked_at ? now - one->asked_at : 0);
    }
    if (options.clients && is_publishing) publish_next(now_ns());
}

static void refused(connection *one, const unsigned char *payload, uint64_t size) {
    if (!one->is_asking) return;
    if (is_measuring) refusals++;
    one->is_asking = 0;
    if (!*first_refusal)
        for (uint64_t i = 0; i < size && i < sizeof first_refusal - 1; i++) {
            int is_plain = payload[i] >= ' ' && payload[i] < 127 && payload[i] != '"' && payload[i] != '\\';
            first_refusal[i] = is_plain ? payload[i] : '.';
        }
}

static void become_ready(connection *one) {
    if (!one->is_ready) ready_count++;
    one->is_ready = 1;
}

static void find_arrivals(connection *one, const unsigned char *at, const unsigned char *end, uint64_t now) {
    const char *marker = control < 0 ? run_marker : MARKER;
    int length = control < 0 ? TIME_LENGTH : MARKER_LENGTH;
    int stamp = control < 0 ? NS_LENGTH : STAMP_LENGTH;
    while ((at = memmem(at, end - at, marker, length)) && at + length + stamp <= end) {
        at += length;
        arrived(one, control < 0 ? read_base32(at, stamp) : read_hex(at), now);
    }
}

static void take_frame(connection *one, const frame_head *head, unsigned char *payload, uint64_t now) {
    uint64_t size = head->length;
    if (head->opcode == OP_PING) say(one, OP_PONG, payload, size);
    if (head->opcode == OP_CLOSE) {
        fprintf(stderr, "connection %ld closed: %d %.*s\n", (long)(one - all),
                size > 1 ? payload[0] << 8 | payload[1] : 0, size > 2 ? (int)size - 2 : 0, payload + 2);
        lose(one);
    }
    if (head->opcode > OP_BINARY) return;
    one->frames++;
    if (is_measuring) {
        frames++;
        bytes_in += size;
    }
    if (options.ready_tag ? is_tagged(payload, size, options.ready_tag) : one->frames == options.ready_frames)
        become_ready(one);
    if (options.commands_file || options.ready_tag) {
        if (is_tagged(payload, size, "ping")) {
            static const unsigned char pong[] = "\x81\xa1t\xa4pong";
            say(one, OP_BINARY, pong, sizeof pong - 1);
            pings++;
            return;
        }
        if (is_tagged(payload, size, "ack")) {
            answered(one, payload, size, now);
            return;
        }
        if (is_tagged(payload, size, "err")) {
            refused(one, payload, size);
            return;
        }
    }
    if (is_publishing) find_arrivals(one, payload, payload + size, now);
}

static void become_open(connection *one) {
    one->state = OPEN;
    connecting--;
    members[(one - all) / options.room_size]++;
    for (int i = 0; i < one->opening_count; i++)
        say(one, one->openings[i].opcode, one->openings[i].bytes, one->openings[i].size);
    if (!options.ready_frames && !options.ready_tag) become_ready(one);
}

static void take_bytes(connection *one) {
    static unsigned char buffer[BUFFER];
    memcpy(buffer, one->rest, one->rest_size);
    int got = recv(one->fd, buffer + one->rest_size, BUFFER - one->rest_size, 0);
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN) return;
        fprintf(stderr, "connection %ld ended: %s\n", (long)(one - all), got ? strerror(errno) : "eof");
        lose(one);
        return;
    }
    if (is_measuring) reads++;
    uint64_t now = now_ns();
    unsigned char *at = buffer, *end = buffer + one->rest_size + got;
    one->rest_size = 0;
    if (one->state == SHAKES_HANDS) {
        unsigned char *done = memmem(at, end - at, "\r\n\r\n", 4);
        if (done && memcmp(buffer + 8, " 101", 4)) {
            fprintf(stderr, "no socket: %.*s\n", (int)(done - at), at);
            lose(one);
            return;
        }
        if (done) {
            at = done + 4;
            become_open(one);
        }
    }
    frame_head head;
    while (one->state == OPEN && read_head(at, end - at, &head) && head.head + head.length <= (uint64_t)(end - at)) {
        take_frame(one, &head, at + head.head, now);
        at += head.head + head.length;
    }
    if (one->state == GONE || at == end) return;
    one->rest_size = end - at;
    if (one->rest_size > one->rest_capacity)
        one->rest = realloc(one->rest, one->rest_capacity = 2 * one->rest_size);
    memcpy(one->rest, at, one->rest_size);
}

// Connecting

static struct sockaddr_in loopback(int port, int last) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(0x7f000000 | last);
    return at;
}

static int port_of(const connection *one) {
    return options.ports.of[(one - all) % options.ports.count];
}

static void begin_connection(void) {
    connection *one = &all[started];
    int on = 1;
    struct linger at_once = {1, 0};
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0) {
        perror("socket");
        exit(1);
    }
    setsockopt(one->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (options.sources > 1) {
        struct sockaddr_in from = loopback(0, 1 + started % options.sources);
        setsockopt(one->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(one->fd, (void *)&from, sizeof from)) perror("bind");
    }
    started++;
    connecting++;
    one->state = CONNECTS;
    struct sockaddr_in to = loopback(port_of(one), 1);
    if (connect(one->fd, (void *)&to, sizeof to) && errno != EINPROGRESS) {
        perror("connect");
        lose(one);
        return;
    }
    struct epoll_event wanted = {.events = EPOLLOUT, .data.ptr = one};
    epoll_ctl(epoll, EPOLL_CTL_ADD, one->fd, &wanted);
}

static int with_room(const char *pattern, int number, char *out) {
    const char *place = strstr(pattern, "{r}");
    if (!place) return sprintf(out, "%s", pattern);
    return sprintf(out, "%.*s%d%s", (int)(place - pattern), pattern, number, place + 3);
}

static void shake_hands(connection *one) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        fprintf(stderr, "connect: %s\n", strerror(error));
        lose(one);
        return;
    }
    int number = one - all;
    char path[2048], request[4096], protocol[200] = "";
    with_room(paths ? paths[number] : options.path, number / options.room_size, path);
    if (*options.subprotocol)
        snprintf(protocol, sizeof protocol, "Sec-WebSocket-Protocol: %s\r\n", options.subprotocol);
    int length = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
        path, port_of(one), protocol);
    if (send(one->fd, request, length, MSG_NOSIGNAL) != length) {
        lose(one);
        return;
    }
    one->state = SHAKES_HANDS;
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = one};
    epoll_ctl(epoll, EPOLL_CTL_MOD, one->fd, &wanted);
}

static void turn(int wait_ms) {
    static struct epoll_event found[TURN];
    int count = epoll_wait(epoll, found, TURN, wait_ms);
    for (int i = 0; i < count; i++) {
        connection *one = found[i].data.ptr;
        if (one->state == CONNECTS) shake_hands(one);
        else if (one->state != GONE) take_bytes(one);
    }
    if (control_size) flush_control();
}

static void turn_until(uint64_t end) {
    while (now_ns() < end) turn(5);
}

static void open_control(void) {
    struct sockaddr_in to = loopback(options.control_port, 1);
    int on = 1;
    control = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(control, (void *)&to, sizeof to)) {
        perror("the control port");
        exit(1);
    }
    setsockopt(control, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Files: for each connection a count, and for each message its opcode, how many times events of it
// arrive and its size, as u32, little endian, and its bytes. In a command 26 "!" are where its id goes, 26 "?" what the last one made.

static unsigned char *slurp(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(size + 1);
    if (fread(bytes, 1, size, file) != (size_t)size) exit(1);
    bytes[size] = 0;
    fclose(file);
    return bytes;
}

static int place_of(const message *in, char filler) {
    char pattern[ID_LENGTH];
    memset(pattern, filler, ID_LENGTH);
    unsigned char *found = memmem(in->bytes, in->size, pattern, ID_LENGTH);
    return found ? found - in->bytes : -1;
}

static unsigned char *read_messages(unsigned char *at, message **into, int *count) {
    uint32_t head[3];
    memcpy(head, at, 4);
    at += 4;
    *count = head[0];
    *into = calloc(*count, sizeof **into);
    for (int i = 0; i < *count; i++) {
        memcpy(head, at, sizeof head);
        message *one = *into + i;
        *one = (message){.bytes = at + sizeof head, .opcode = head[0], .arrivals = head[1], .size = head[2]};
        one->id_at = place_of(one, '!');
        one->thing_at = place_of(one, '?');
        at += sizeof head + head[2];
    }
    return at;
}

static void read_files(void) {
    if (options.openings_file) {
        unsigned char *at = slurp(options.openings_file);
        for (int i = 0; i < options.connections; i++)
            at = read_messages(at, &all[i].openings, &all[i].opening_count);
    }
    if (options.commands_file) {
        unsigned char *at = slurp(options.commands_file);
        for (int i = 0; i < options.connections; i++)
            at = read_messages(at, &all[i].commands, &all[i].command_count);
    }
    if (options.paths_file) {
        char *at = (char *)slurp(options.paths_file);
        paths = calloc(options.connections, sizeof *paths);
        for (int i = 0; i < options.connections; i++) paths[i] = strsep(&at, "\n");
    }
}

// What the server uses

static double cpu_s_of_one(int pid) {
    char path[64], line[2048];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    line[fread(line, 1, sizeof line - 1, file)] = 0;
    fclose(file);
    long user = 0, system = 0;
    char *after = strrchr(line, ')');
    if (after) sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
    return (user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double cpu_s(void) {
    double sum = 0;
    for (int i = 0; i < options.servers.count; i++) sum += cpu_s_of_one(options.servers.of[i]);
    return sum;
}

static long rss_kib_of_one(int pid) {
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmRSS:", 6)) kib = atol(line + 6);
    if (file) fclose(file);
    return kib;
}

static long rss_kib(void) {
    long sum = 0;
    for (int i = 0; i < options.servers.count; i++) sum += rss_kib_of_one(options.servers.of[i]);
    return sum;
}

static double own_cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

// The run

static numbers numbers_in(char *text) {
    numbers read = {0};
    for (char *one; (one = strsep(&text, ",")) && read.count < MOST_SERVERS;)
        read.of[read.count++] = atoi(one);
    return read;
}

static void read_options(int count, char **arguments) {
    enum { PORT = 256, CONTROL, CONNECTIONS, ROOM, WINDOW, RATE, CLIENTS, BY_PLAYER, SECONDS, WARM_UP,
           SETTLE, DRAIN, LIMIT, SOURCES, AT_ONCE, PATH, PATHS, SUBPROTOCOL, OPENINGS, COMMANDS,
           READY_FRAMES, READY_TAG, SERVER };
    static const struct option known[] = {
        {"port", 1, 0, PORT}, {"control", 1, 0, CONTROL}, {"connections", 1, 0, CONNECTIONS},
        {"room-size", 1, 0, ROOM}, {"window", 1, 0, WINDOW}, {"rate", 1, 0, RATE},
        {"clients", 1, 0, CLIENTS}, {"by-player", 0, 0, BY_PLAYER}, {"seconds", 1, 0, SECONDS},
        {"warm-up", 1, 0, WARM_UP}, {"settle", 1, 0, SETTLE}, {"drain", 1, 0, DRAIN},
        {"connect-limit", 1, 0, LIMIT}, {"sources", 1, 0, SOURCES}, {"at-once", 1, 0, AT_ONCE},
        {"path", 1, 0, PATH}, {"paths", 1, 0, PATHS}, {"subprotocol", 1, 0, SUBPROTOCOL},
        {"openings", 1, 0, OPENINGS}, {"commands", 1, 0, COMMANDS},
        {"ready-frames", 1, 0, READY_FRAMES}, {"ready-tag", 1, 0, READY_TAG},
        {"server", 1, 0, SERVER}, {0, 0, 0, 0}};
    int option;
    while ((option = getopt_long(count, arguments, "", known, 0)) != -1) {
        switch (option) {
            case PORT: options.ports = numbers_in(optarg); break;
            case CONTROL: options.control_port = atoi(optarg); break;
            case CONNECTIONS: options.connections = atoi(optarg); break;
            case ROOM: options.room_size = atoi(optarg); break;
            case WINDOW: options.window = atoi(optarg); break;
            case RATE: options.rate = atof(optarg); break;
            case CLIENTS: options.clients = atoi(optarg); break;
            case BY_PLAYER: options.by_player = 1; break;
            case SECONDS: options.seconds = atof(optarg); break;
            case WARM_UP: options.warm_up = atof(optarg); break;
            case SETTLE: options.settle = atof(optarg); break;
            case DRAIN: options.drain = atof(optarg); break;
            case LIMIT: options.connect_limit = atof(optarg); break;
            case SOURCES: options.sources = atoi(optarg); break;
            case AT_ONCE: options.at_once = atoi(optarg); break;
            case PATH: options.path = optarg; break;
            case PATHS: options.paths_file = optarg; break;
            case SUBPROTOCOL: options.subprotocol = optarg; break;
            case OPENINGS: options.openings_file = optarg; break;
            case COMMANDS: options.commands_file = optarg; break;
            case READY_FRAMES: options.ready_frames = atoi(optarg); break;
            case READY_TAG: options.ready_tag = optarg; break;
            case SERVER: options.servers = numbers_in(optarg); break;
            default: exit(2);
        }
    }
    if (!options.connections || !options.ports.count) {
        fprintf(stderr, "--connections and --port are needed; the others are in the source\n");
        exit(2);
    }
}

static double connect_all(void) {
    uint64_t begun = now_ns(), limit = begun + ns_of(options.connect_limit);
    while (ready_count + gone_count < options.connections && now_ns() < limit) {
        // Who waits for the server's word counts as coming, so that it is not flooded.
        while (started < options.connections && started - ready_count - gone_count < options.at_once)
            begin_connection();
        turn(5);
    }
    return (now_ns() - begun) / 1e9;
}

// Publishes what is due of an open loop; the time when the next one is.
static double publish_due(double due) {
    static int next;
    for (int burst = 0; due <= now_ns() && burst < 64; burst++) {
        if (options.by_player) publish_next(due);
        else publish(next++ % room_count, due);
        due += 1e9 / options.rate;
    }
    return due;
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    prepare_ids();
    room_count = (options.connections + options.room_size - 1) / options.room_size;
    all = calloc(options.connections, sizeof *all);
    rooms = calloc(room_count, sizeof *rooms);
    members = calloc(room_count, sizeof *members);
    epoll = epoll_create1(0);
    read_files();

    long rss_before = rss_kib();
    double cpu_before = cpu_s();
    double connect_s = connect_all();
    double connect_cpu_s = cpu_s() - cpu_before;
    turn_until(now_ns() + ns_of(options.settle));
    long rss_connected = rss_kib();
    if (options.control_port) open_control();

    is_publishing = options.window || options.clients || options.rate > 0;
    uint64_t begins = now_ns() + ns_of(options.warm_up), ends = begins + ns_of(options.seconds);
    double due = now_ns(), server_cpu = 0, sink_cpu = 0;
    for (int i = 0; i < options.clients; i++) publish_next(now_ns());
    for (int i = 0; i < room_count * options.window; i++) {
        publish(i % room_count, now_ns());
        if (control_size > (int)sizeof control_out / 2) flush_control();
    }
    while (now_ns() < ends) {
        if (!is_measuring && now_ns() >= begins) {
            is_measuring = 1;
            server_cpu = cpu_s();
            sink_cpu = own_cpu_s();
        }
        if (options.rate > 0) due = publish_due(due);
        turn(0);  // never asleep, so that no server pays for waking it
    }
    server_cpu = cpu_s() - server_cpu;
    sink_cpu = own_cpu_s() - sink_cpu;
    double took = (now_ns() - begins) / 1e9;
    uint64_t counted = deliveries, counted_acks = acks, in_time = to_last.count;

    // No more is published; what is still under way has a moment to arrive.
    options.window = 0;
    options.clients = 0;
    uint64_t limit = now_ns() + ns_of(options.drain);
    for (int open = 1; open && now_ns() < limit;) {
        turn(5);
        open = 0;
        for (int i = 0; i < room_count; i++) open += rooms[i].count;
    }
    for (int i = 0; i < room_count; i++) lost += rooms[i].count;

    printf("{\"ready\": %d, \"errors\": %lu, \"connect_s\": %.4f, \"connect_cpu_s\": %.4f,"
           " \"rss_before_kib\": %ld, \"rss_connected_kib\": %ld, \"rss_end_kib\": %ld,",
           ready_count, errors, connect_s, connect_cpu_s, rss_before, rss_connected,
           rss_kib());
    printf(" \"seconds\": %.4f, \"published\": %lu, \"deliveries\": %lu, \"in_time\": %lu, \"acks\": %lu,"
           " \"refusals\": %lu, \"lost\": %lu, \"strays\": %lu, \"frames\": %lu, \"bytes\": %lu, \"reads\": %lu,",
           took, published, counted, in_time, counted_acks, refusals, lost, strays, frames, bytes_in, reads);
    printf(" \"server_cpu_s\": %.4f, \"sink_cpu_s\": %.4f,", server_cpu, sink_cpu);
    printf(" \"socket_p50_ms\": %.3f, \"socket_p99_ms\": %.3f, \"last_p50_ms\": %.3f, \"last_p99_ms\": %.3f,"
           " \"last_most_ms\": %.3f, \"ack_p50_ms\": %.3f, \"ack_p99_ms\": %.3f, \"first_refusal\": \"%s\"}\n",
           percentile_ms(&to_socket, .5), percentile_ms(&to_socket, .99), percentile_ms(&to_last, .5),
           percentile_ms(&to_last, .99), to_last.most / 1e6, percentile_ms(&to_ack, .5),
           percentile_ms(&to_ack, .99), first_refusal);
    return 0;
}
