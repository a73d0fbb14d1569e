/* One-shot timers whose owner may be freed at once: the libuv handle lives until its close callback
 * has run. */
#ifndef BQI_TIMER_H
#define BQI_TIMER_H

#include <stdint.h>
#include <uv.h>

struct bqi_timer {
    uv_timer_t *handle; /* NULL: never started */
    void (*fire)(void *arg);
    void *arg;
};

/* (Re)start; `delay_ms` is at least 0. -1: out of memory. */
int bqi_timer_start(struct bqi_timer *timer, uv_loop_t *loop, int64_t delay_ms,
                    void (*fire)(void *arg), void *arg);
void bqi_timer_stop(struct bqi_timer *timer);
int bqi_timer_is_active(const struct bqi_timer *timer);
int64_t bqi_timer_left(const struct bqi_timer *timer); /* ms; of an active one */

/* Stop and let go of the handle; the timer may be started again. */
void bqi_timer_close(struct bqi_timer *timer);

#endif
