// The limit: what a server that does nothing but send() can reach on this machine.
//
//   limit PORT CONTROL_PORT one        an event is sent to each member of its room at once
//   limit PORT CONTROL_PORT together   a room's events of one turn go to each member in one send()
//
// Members come by WebSocket with `room=NUMBER` in their request; publications by one TCP connection
// to CONTROL_PORT. It reads nothing that members say, and the accept key is a constant: the sink
// always sends the RFC's sample key.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "websocket.h"

enum { PAYLOAD = 180, TOGETHER = 16, MOST_ROOMS = 100000, TURN = 1024 };
enum { FRAME = PAYLOAD + 4 };

typedef struct {
    int *members, count, capacity;
    unsigned char *queue;  // frames that wait for the end of the turn
    int queued;
} room;

typedef struct {
    int fd;
    enum { MEMBERS_DOOR, CONTROL_DOOR, MEMBER, CONTROL } role;
    int is_in;
} peer;

static room rooms[MOST_ROOMS];
static uint32_t waiting[MOST_ROOMS];
static int waiting_count, is_together, epoll;

static void send_to_all(room *to, const unsigned char *bytes, int size) {
    for (int i = 0; i < to->count; i++)
        if (send(to->members[i], bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) != size)
            fprintf(stderr, "a member does not keep up\n");
}

static void flush_room(room *of) {
    send_to_all(of, of->queue, of->queued * FRAME);
    of->queued = 0;
}

static void publish(const publication *what) {
    room *to = &rooms[what->room];
    unsigned char frame[FRAME];
    int head = write_head(frame, OP_BINARY, PAYLOAD, 0);
    memset(frame + head, 'x', PAYLOAD);
    char stamp[MARKER_LENGTH + STAMP_LENGTH + 1];
    snprintf(stamp, sizeof stamp, MARKER "%016lx", what->at_ns);
    memcpy(frame + head + 8, stamp, sizeof stamp - 1);
    if (!is_together) {
        send_to_all(to, frame, FRAME);
        return;
    }
    if (!to->queue) to->queue = malloc(TOGETHER * FRAME);
    if (!to->queued) waiting[waiting_count++] = what->room;
    memcpy(to->queue + to->queued++ * FRAME, frame, FRAME);
    if (to->queued == TOGETHER) flush_room(to);
}

static void end_turn(void) {
    for (int i = 0; i < waiting_count; i++) flush_room(&rooms[waiting[i]]);
    waiting_count = 0;
}

static void watch(int fd, int role) {
    peer *one = calloc(1, sizeof *one);
    one->fd = fd;
    one->role = role;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void drop(peer *one) {
    close(one->fd);
    free(one);
}

static void come_in(peer *one) {
    char request[4096];
    int size = recv(one->fd, request, sizeof request - 1, MSG_DONTWAIT);
    if (size <= 0) {
        drop(one);
        return;
    }
    if (one->is_in) return;  // a member's own words: nobody asked
    request[size] = 0;
    const char *place = strstr(request, "room=");
    room *of = &rooms[place ? atoi(place + 5) : 0];
    if (of->count == of->capacity) {
        of->capacity = of->capacity ? 2 * of->capacity : 16;
        of->members = realloc(of->members, of->capacity * sizeof *of->members);
    }
    of->members[of->count++] = one->fd;
    one->is_in = 1;
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    send(one->fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
}

static void take_publications(peer *from) {
    static unsigned char buffer[65536];
    static int held;
    int size = recv(from->fd, buffer + held, sizeof buffer - held, MSG_DONTWAIT);
    if (size <= 0) {
        drop(from);
        return;
    }
    held += size;
    int used = 0;
    for (; held - used >= (int)sizeof(publication); used += sizeof(publication)) {
        publication one;
        memcpy(&one, buffer + used, sizeof one);
        publish(&one);
    }
    memmove(buffer, buffer + used, held -= used);
}

static void open_door(int port, int role) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (void *)&at, sizeof at) || listen(fd, 4096)) {
        perror("listen");
        exit(1);
    }
    watch(fd, role);
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    is_together = !strcmp(arguments[3], "together");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(0);
    open_door(atoi(arguments[1]), MEMBERS_DOOR);
    open_door(atoi(arguments[2]), CONTROL_DOOR);
    puts("ready");
    fflush(stdout);
    static struct epoll_event events[TURN];
    for (;;) {
        int ready = epoll_wait(epoll, events, TURN, -1);
        for (int i = 0; i < ready; i++) {
            peer *one = events[i].data.ptr;
            if (one->role == MEMBER) come_in(one);
            else if (one->role == CONTROL) take_publications(one);
            else {
                int fd = accept4(one->fd, 0, 0, SOCK_NONBLOCK), on = 1;
                if (fd < 0) continue;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                watch(fd, one->role == MEMBERS_DOOR ? MEMBER : CONTROL);
            }
        }
        end_turn();
    }
}
