// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ICH9, NMI_SC and NMI_EN; 82371SB, NMI status and control.
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/nmi_sc.h"

static struct nmi_sc sc;
static struct wire wire;

static void setup(void)
{
    nmi_sc_init(&sc);
    nmi_sc_reset(&sc);
    wire_connect(&sc.nmi, &wire);
}

TestSuite(nmi_sc, .init = setup);

Test(nmi_sc, serr_is_latched_until_its_bit_is_1)
{
    nmi_sc_serr(&sc);
    cr_assert_eq(nmi_sc_read(&sc), NMI_SC_SERR);
    cr_assert(wire.level);
    nmi_sc_write(&sc, 0);
    cr_assert_eq(nmi_sc_read(&sc), NMI_SC_SERR, "status bits are read-only");
    nmi_sc_write(&sc, NMI_SC_SERR_OFF);
    cr_assert_eq(nmi_sc_read(&sc), NMI_SC_SERR_OFF);
    cr_assert_not(wire.level);
    nmi_sc_serr(&sc);
    nmi_sc_write(&sc, 0);
    cr_assert_eq(nmi_sc_read(&sc), 0, "a pulse while it is off is lost");
    cr_assert_eq(wire.rises, 1);
}

Test(nmi_sc, iochk_is_a_level)
{
    nmi_sc_write(&sc, NMI_SC_IOCHK_OFF);
    nmi_sc_set_iochk(&sc, true);
    cr_assert_not(wire.level);
    nmi_sc_write(&sc, 0);
    cr_assert_eq(nmi_sc_read(&sc), NMI_SC_IOCHK);
    cr_assert(wire.level);
    nmi_sc_set_iochk(&sc, false);
    cr_assert(wire.level, "latched");
    nmi_sc_write(&sc, NMI_SC_IOCHK_OFF);
    nmi_sc_write(&sc, 0);
    cr_assert_not(wire.level);
}

Test(nmi_sc, the_mask_holds_every_source_and_opens_with_an_edge)
{
    nmi_sc_set_mask(&sc, true);
    nmi_sc_serr(&sc);
    nmi_sc_set_button(&sc, true);
    nmi_sc_set_button(&sc, false);
    cr_assert_eq(wire.rises, 0);
    cr_assert_eq(nmi_sc_read(&sc), NMI_SC_SERR);
    nmi_sc_set_mask(&sc, false);
    cr_assert_eq(wire.rises, 1);
    nmi_sc_set_mask(&sc, true);
    nmi_sc_set_mask(&sc, false);
    cr_assert_eq(wire.rises, 2, "how a handler hears of the second source");
    nmi_sc_reset(&sc);
    cr_assert_not(wire.level);
}

Test(nmi_sc, the_switch_is_a_pulse)
{
    nmi_sc_set_button(&sc, true);
    nmi_sc_set_button(&sc, false);
    cr_assert_eq(wire.rises, 1);
    cr_assert_not(wire.level);
    cr_assert_eq(nmi_sc_read(&sc), 0);
}

static void list(void *object, struct visit *v)
{
    nmi_sc_visit(object, v);
}

Test(nmi_sc, the_list_of_state_is_whole)
{
    struct visit_save save;
    struct nmi_sc other;
    nmi_sc_set_iochk(&sc, true);
    visit_save_init(&save);
    nmi_sc_visit(&sc, &save.visit);
    nmi_sc_init(&other);
    check_load(&other, list, &save);
    free(save.data);
    cr_assert_leq(visit_uncovered(&sc, sizeof sc, list), sizeof sc - 5);
}
