// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -icount and -rtc.
#include <string.h>
#include <time.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

static int take_rr(struct settings *settings, const struct properties *properties)
{
    static const char *const words[] = { "record", "replay", NULL };
    const char *rr = properties_get(properties, "rr"), *file = properties_get(properties, "rrfile");
    const char *digest = properties_get(properties, "digest");
    if (!rr != !file)
        return refuse(settings, "-icount: rr=record|replay and rrfile=FILE belong together");
    if (digest && !text_number(digest, &settings->rr_digest))
        return refuse(settings, "-icount: digest=%.80s is not a number of instructions", digest);
    if (digest && (rr ? strcmp(rr, "replay") == 0 : settings->rr != RR_RECORD))
        return refuse(settings, "-icount: digest=%.80s is of a recording; it goes with rr=record", digest);
    if (!rr)
        return 0;
    if (strcmp(rr, "record") != 0 && strcmp(rr, "replay") != 0)
        return refuse_unknown(settings, "-icount", "rr", rr, words);
    if (settings->rr != RR_NONE)
        return refuse(settings, "-icount: rr=%s: this run is recorded or replayed already, with '%.80s'", rr,
                      settings->rr_file);
    settings->rr = strcmp(rr, "record") == 0 ? RR_RECORD : RR_REPLAY;
    settings->rr_file = file;
    return 0;
}

int take_icount(struct settings *settings, const char *value)
{
    static const char *const names[] = { "shift", "sleep", "align", "rr", "rrfile", "digest", NULL };
    struct properties properties;
    bool on;
    uint64_t shift;
    if (properties_parse(settings, "-icount", value, &properties) < 0 ||
        properties_check(settings, "-icount", &properties, names) < 0)
        return -1;
    const char *text = properties.first ? properties.first : properties_get(&properties, "shift");
    if (text && (!text_number(text, &shift) || shift > 10))
        return refuse(settings, "-icount: shift=%.80s is not a number from 0 to 10", text);
    if (text)
        settings->config.shift = (unsigned)shift;
    text = properties_get(&properties, "sleep");
    if (text && !text_switch(text, &on))
        return refuse(settings, "-icount: sleep is on or off, not '%.80s'", text);
    if (text)
        settings->sleep = on ? CHOICE_ON : CHOICE_OFF;
    text = properties_get(&properties, "align");
    if (text && (!text_switch(text, &on) || on))
        return refuse(settings, "-icount: align is off; the guest never sees the host's clock");
    return take_rr(settings, &properties);
}

static int64_t local_offset(time_t now)
{
    struct tm local, utc;
    localtime_r(&now, &local);
    gmtime_r(&now, &utc);
    int64_t days = local.tm_year != utc.tm_year ? (local.tm_year > utc.tm_year ? 1 : -1) : local.tm_yday - utc.tm_yday;
    return ((days * 24 + local.tm_hour - utc.tm_hour) * 60 + local.tm_min - utc.tm_min) * 60;
}

int take_rtc(struct settings *settings, const char *value)
{
    static const char *const names[] = { "base", "clock", "driftfix", NULL };
    static const char *const clocks[] = { "vm", NULL }, *const fixes[] = { "none", "slew", NULL };
    struct properties properties;
    if (properties_parse(settings, "-rtc", value, &properties) < 0 ||
        properties_check(settings, "-rtc", &properties, names) < 0)
        return -1;
    if (properties.first)
        return refuse(settings, "-rtc: base=DATE is expected, not '%.80s'", properties.first);
    const char *base = properties_get(&properties, "base"), *clock = properties_get(&properties, "clock");
    const char *fix = properties_get(&properties, "driftfix");
    time_t now = time(NULL);
    if (clock && strcmp(clock, "vm") != 0)
        return refuse_unknown(settings, "-rtc", "clock", clock, clocks);
    if (fix && strcmp(fix, "none") != 0 && strcmp(fix, "slew") != 0) // no tick is ever lost, so there is none to repeat
        return refuse_unknown(settings, "-rtc", "driftfix", fix, fixes);
    if (!base)
        return 0;
    if (strcmp(base, "utc") == 0)
        settings->config.rtc_date = now;
    else if (strcmp(base, "localtime") == 0)
        settings->config.rtc_date = now + local_offset(now);
    else if (!text_date(base, &settings->config.rtc_date))
        return refuse(settings, "-rtc: base=%.80s is not utc, localtime or a date like 2026-01-01T00:00:00", base);
    return 0;
}
