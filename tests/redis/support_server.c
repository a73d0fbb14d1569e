#include "support_server.h"
#include "support_cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SERVERS = 8, START_LIMIT_MS = 10000, MOST_ARGUMENTS = 40 };

static struct server *running[MOST_SERVERS];
static redisReply *last_reply;
static pid_t owner; /* a forked child must not end what its parent started */

static void pause_ms(int ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(fd, (struct sockaddr *)&address, size), errno);
    assert_return_code(getsockname(fd, (struct sockaddr *)&address, &size), errno);
    close(fd);
    return ntohs(address.sin_port);
}

/* ---- the process ---- */

static void exec_redis(const struct server *server) {
    char port[16];
    const char *arguments[MOST_ARGUMENTS] = {
        "redis-server", "--port",    port,       "--bind", "127.0.0.1", "--unixsocket",
        server->path,   "--dir",     ".",        "--save", "",          "--loglevel",
        "warning",      "--logfile", "redis.log"};
    int count = 15;
    snprintf(port, sizeof port, "%d", server->port);
    for (int i = 0; i < server->option_count; i++)
        arguments[count++] = server->options[i];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(server->directory) != 0)
        _exit(127);
    execvp("redis-server", (char *const *)arguments);
    _exit(127);
}

static int answers(struct server *server) {
    server->redis = redisConnectUnix(server->path);
    redisReply *reply =
        server->redis && !server->redis->err ? redisCommand(server->redis, "PING") : NULL;
    /* Anything but LOADING: it may want a password. */
    int ready = reply && strncmp(reply->str, "LOADING", 7) != 0;
    if (reply)
        freeReplyObject(reply);
    if (!ready && server->redis) {
        redisFree(server->redis);
        server->redis = NULL;
    }
    return ready;
}

static void show_log(const struct server *server) {
    char line[512];
    snprintf(line, sizeof line, "%s/redis.log", server->directory);
    FILE *log = fopen(line, "r");
    while (log && fgets(line, sizeof line, log))
        fputs(line, stderr);
    if (log)
        fclose(log);
}

static void launch(struct server *server) {
    server->pid = fork();
    assert_return_code(server->pid, errno);
    if (server->pid == 0)
        exec_redis(server);
    for (int waited = 0; !answers(server); waited += 5) {
        if (waited > START_LIMIT_MS || waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            show_log(server);
            fail_msg("redis-server did not start in %s", server->directory);
        }
        pause_ms(5);
    }
}

static void end_process(struct server *server) {
    if (server->redis)
        redisFree(server->redis);
    server->redis = NULL;
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
}

static void remove_directory(const struct server *server) {
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", server->directory, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static void stop_all(void) {
    if (owner != getpid())
        return;
    if (last_reply)
        freeReplyObject(last_reply);
    last_reply = NULL;
    for (int i = 0; i < MOST_SERVERS; i++)
        if (running[i])
            server_stop(running[i]);
}

static void stop_on_signal(int number) {
    for (int i = 0; i < MOST_SERVERS; i++)
        if (running[i] && running[i]->pid > 0 && owner == getpid())
            kill(running[i]->pid, SIGKILL);
    signal(number, SIG_DFL);
    raise(number);
}

static void remember(struct server *server) {
    if (!owner) {
        owner = getpid();
        atexit(stop_all);
        signal(SIGTERM, stop_on_signal);
        signal(SIGINT, stop_on_signal);
    }
    for (int i = 0; i < MOST_SERVERS; i++) {
        if (!running[i]) {
            running[i] = server;
            return;
        }
    }
    fail_msg("more than %d servers at once", MOST_SERVERS);
}

struct server *server_start(const char *const *options) {
    struct server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    strcpy(server->directory, "/tmp/bqtest-XXXXXX");
    assert_non_null(mkdtemp(server->directory));
    snprintf(server->path, sizeof server->path, "%s/redis.sock", server->directory);
    server->port = free_port();
    for (; options && *options; options++)
        snprintf(server->options[server->option_count++], sizeof *server->options, "%s", *options);
    remember(server);
    launch(server);
    return server;
}

void server_stop(struct server *server) {
    end_process(server);
    remove_directory(server);
    for (int i = 0; i < MOST_SERVERS; i++)
        if (running[i] == server)
            running[i] = NULL;
    free(server);
}

void server_crash(struct server *server) {
    end_process(server);
}

void server_restart(struct server *server) {
    launch(server);
}

void server_freeze(struct server *server) {
    int status;
    kill(server->pid, SIGSTOP);
    assert_int_equal(waitpid(server->pid, &status, WUNTRACED), server->pid);
}

void server_thaw(struct server *server) {
    kill(server->pid, SIGCONT);
}

/* ---- looking at it ---- */

static redisReply *run(struct server *server, const char *format, va_list arguments) {
    if (last_reply)
        freeReplyObject(last_reply);
    last_reply = redisvCommand(server->redis, format, arguments);
    if (!last_reply)
        fail_msg("%s: %s", format, server->redis->errstr);
    else if (last_reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", format, last_reply->str);
    return last_reply;
}

redisReply *server_reply(struct server *server, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = run(server, format, arguments);
    va_end(arguments);
    return reply;
}

void server_do(struct server *server, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    run(server, format, arguments);
    va_end(arguments);
}

long long server_integer(struct server *server, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = run(server, format, arguments);
    va_end(arguments);
    assert_int_equal(reply->type, REDIS_REPLY_INTEGER);
    return reply->integer;
}

const char *server_text(struct server *server, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = run(server, format, arguments);
    va_end(arguments);
    return reply->type == REDIS_REPLY_NIL ? NULL : reply->str;
}

void server_flush(struct server *server) {
    server_do(server, "FLUSHALL");
    server_do(server, "CONFIG RESETSTAT");
}

long long server_info(struct server *server, const char *name) {
    const char *info = server_text(server, "INFO everything");
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\n%s:", name);
    const char *line = strstr(info, wanted);
    return line ? strtoll(line + strlen(wanted), NULL, 10) : 0;
}

long long server_calls(struct server *server, const char *command) {
    const char *stats = server_text(server, "INFO commandstats");
    char wanted[64];
    snprintf(wanted, sizeof wanted, "cmdstat_%s:calls=", command);
    const char *line = strstr(stats, wanted);
    return line ? strtoll(line + strlen(wanted), NULL, 10) : 0;
}
