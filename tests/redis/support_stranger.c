#include "support_cmocka.h"

#include "support_stranger.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct stranger {
    int listener;
    int port;
    int stop[2]; /* a pipe whose end is closed to end the thread */
    stranger_answer answer;
    pthread_t thread;
};

static int is_over(struct stranger *stranger, int fd) {
    struct pollfd readable[] = {{fd, POLLIN, 0}, {stranger->stop[0], POLLIN, 0}};
    poll(readable, 2, -1);
    return readable[1].revents != 0;
}

/* One connection at a time: its clients wait for each answer. */
static void serve(struct stranger *stranger, int connection) {
    char bytes[4096];
    for (int turn = 0; !is_over(stranger, connection); turn++) {
        ssize_t n = recv(connection, bytes, sizeof bytes, 0);
        const char *answer = n > 0 ? stranger->answer(turn) : NULL;
        if (!answer)
            return;
        send(connection, answer, strlen(answer), MSG_NOSIGNAL);
    }
}

static void *run(void *arg) {
    struct stranger *stranger = arg;
    while (!is_over(stranger, stranger->listener)) {
        int connection = accept(stranger->listener, NULL, NULL);
        serve(stranger, connection);
        close(connection);
    }
    return NULL;
}

struct stranger *stranger_start(stranger_answer answer) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct stranger *stranger = calloc(1, sizeof *stranger);
    assert_non_null(stranger);
    stranger->answer = answer;
    stranger->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(stranger->listener, (struct sockaddr *)&address, size), errno);
    assert_return_code(listen(stranger->listener, 8), errno);
    assert_return_code(getsockname(stranger->listener, (struct sockaddr *)&address, &size), errno);
    stranger->port = ntohs(address.sin_port);
    assert_return_code(pipe(stranger->stop), errno);
    assert_int_equal(pthread_create(&stranger->thread, NULL, run, stranger), 0);
    return stranger;
}

int stranger_port(const struct stranger *stranger) {
    return stranger->port;
}

void stranger_stop(struct stranger *stranger) {
    close(stranger->stop[1]);
    pthread_join(stranger->thread, NULL);
    close(stranger->stop[0]);
    close(stranger->listener);
    free(stranger);
}
