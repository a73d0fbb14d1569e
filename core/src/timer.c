#include "timer.h"

#include "alloc.h"

static void free_handle(uv_handle_t *handle) {
    bqi_free(handle);
}

static void on_timer(uv_timer_t *handle) {
    struct bqi_timer *timer = handle->data;
    timer->fire(timer->arg);
}

int bqi_timer_start(struct bqi_timer *timer, uv_loop_t *loop, int64_t delay_ms,
                    void (*fire)(void *arg), void *arg) {
    if (!timer->handle) {
        timer->handle = bqi_malloc(sizeof *timer->handle);
        if (!timer->handle)
            return -1;
        uv_timer_init(loop, timer->handle);
    }
    timer->fire = fire;
    timer->arg = arg;
    timer->handle->data = timer;
    /* libuv's idea of now is that of the start of the turn; a long turn would fire early. */
    uv_update_time(loop);
    return uv_timer_start(timer->handle, on_timer, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
}

void bqi_timer_stop(struct bqi_timer *timer) {
    if (timer->handle)
        uv_timer_stop(timer->handle);
}

int bqi_timer_is_active(const struct bqi_timer *timer) {
    return timer->handle && uv_is_active((uv_handle_t *)timer->handle);
}

int64_t bqi_timer_left(const struct bqi_timer *timer) {
    return (int64_t)uv_timer_get_due_in(timer->handle);
}

void bqi_timer_close(struct bqi_timer *timer) {
    if (!timer->handle)
        return;
    uv_close((uv_handle_t *)timer->handle, free_handle);
    timer->handle = NULL;
}
