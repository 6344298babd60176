// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Doubles, one at a time: the sun and four planets attract each other. One event is one step in time, ten pairs.
//
// Every operation is of the basic ones that IEEE 754 defines to the last bit, and none are contracted: what is printed is
// the same on every machine.
#include "bench/bench.h"

enum { BODIES = 5 };

struct body {
    double x, y, z, vx, vy, vz, mass;
};

// Astronomical units, days, and masses in a unit in which the constant of gravity is 1.
static struct body bodies[BODIES] = {
    { 0, 0, 0, 0, 0, 0, 2.959122082855911e-4 },
    { 4.84, -1.16, -0.1036, 1.660e-3, 7.699e-3, -6.905e-5, 2.825e-7 },
    { 8.34, 4.12, -0.4035, -2.767e-3, 4.998e-3, 2.304e-5, 8.459e-8 },
    { 12.89, -15.11, -0.2233, 2.964e-3, 2.378e-3, -2.965e-5, 1.292e-8 },
    { 15.37, -25.91, 0.1792, 2.680e-3, 1.628e-3, -9.515e-5, 1.524e-8 },
};

static void attract(struct body *a, struct body *b, double dt)
{
    double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
    double square = dx * dx + dy * dy + dz * dz;
    double pull = dt / (square * __builtin_sqrt(square));
    a->vx -= dx * b->mass * pull;
    a->vy -= dy * b->mass * pull;
    a->vz -= dz * b->mass * pull;
    b->vx += dx * a->mass * pull;
    b->vy += dy * a->mass * pull;
    b->vz += dz * a->mass * pull;
}

static __attribute__((noinline)) void step(double dt)
{
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned k = i + 1; k < BODIES; k++)
            attract(&bodies[i], &bodies[k], dt);
    for (unsigned i = 0; i < BODIES; i++) {
        bodies[i].x += dt * bodies[i].vx;
        bodies[i].y += dt * bodies[i].vy;
        bodies[i].z += dt * bodies[i].vz;
    }
}

static __attribute__((noinline)) void run(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        step(0.25);
}

int guest_main(void)
{
    floating_point_on();
    run(argument("n", 1000));
    uint64_t sum = 0;
    for (unsigned i = 0; i < BODIES; i++) {
        uint64_t bits[sizeof bodies[i] / 8];
        __builtin_memcpy(bits, &bodies[i], sizeof bits);
        for (unsigned k = 0; k < sizeof bits / 8; k++)
            sum = (sum ^ bits[k]) * 31;
    }
    return bench_done("float", sum >> 32);
}
