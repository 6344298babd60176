# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""./dev mutate: which faults are put into a source, and that a test program that hangs is stopped."""
import pathlib
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import mutants # noqa: E402
import mutate # noqa: E402

SOURCE = r'''// a + b, "if (x)"
#define SUM(a, b) ((a) + (b))
static const char *text = "a < 1"; /* x == 1; */
int first(struct thing *thing, uint8_t *byte)
{
    assert(thing->a == 1);
    for (unsigned i = 0; i < thing->count; i++)
        use(&thing->item[i], (uint32_t)-1);
    if (!thing->ready && '1' == *byte)
        thing->a = 0x1f;
    switch (thing->b) {
    case A: thing->c += 2; break;
    }
    return thing->d ? true : false;
}
'''


def made(kind):
    """(line, old text, new text) for each mutant of a kind."""
    return [(m.line, SOURCE[m.start:m.end], m.new) for m in mutants.mutants(SOURCE) if m.kind == kind]


class Mutants(unittest.TestCase):
    def test_operators_are_those_between_and_before_values(self):
        self.assertEqual(made("operator"), [(7, "<", "<="), (7, "++", "--"), (9, "!", ""), (9, "&&", "||"),
                                            (9, "==", "!="), (12, "+=", "-=")])

    def test_constants_keep_their_base(self):
        self.assertEqual(made("constant"), [(7, "0", "1"), (8, "1", "2"), (10, "0x1f", "0x20"), (12, "2", "3"),
                                            (14, "true", "false"), (14, "false", "true")])

    def test_conditions_become_never_and_always(self):
        whole = "(!thing->ready && '1' == *byte)"
        self.assertEqual(made("condition"), [(9, whole, "(0)"), (9, whole, "(1)"), (14, "", "&& 0 "), (14, "", "|| 1 ")])

    def test_statements_are_left_out_and_declarations_stay(self):
        self.assertEqual([(line, old) for line, old, _ in made("statement")],
                         [(8, "use(&thing->item[i], (uint32_t)-1);"), (10, "thing->a = 0x1f;"),
                          (12, "thing->c += 2;"), (12, "break;")])

    def test_lines_select(self):
        self.assertEqual({m.line for m in mutants.mutants(SOURCE, {9})}, {9})

    def test_every_mutant_of_our_sources_differs_from_them(self):
        for path in (mutate.ROOT / "src").rglob("*.c"):
            text = path.read_text()
            for mutant in mutants.mutants(text):
                self.assertNotEqual(mutants.apply(text, mutant), text)

    def test_the_same_seed_draws_the_same(self):
        files = {"src/base/clock.c": None, "src/base/inbox.c": None}
        self.assertEqual(list(mutate.draw(files, 7)), list(mutate.draw(files, 7)))
        self.assertNotEqual(list(mutate.draw(files, 7)), list(mutate.draw(files, 8)))


class Limit(unittest.TestCase):
    def run_script(self, text, limit):
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder, "script")
            script.write_text(f"#!/bin/sh\n{text}\n")
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
            mutate.BUILD = pathlib.Path(folder)
            return mutate.passes(mutate.Program("script", "", "script", ""), limit)[0]

    def test_a_hang_ends_at_the_limit(self):
        self.assertIsNone(self.run_script("sleep 60 & wait", 0.2))

    def test_success_and_failure(self):
        self.assertTrue(self.run_script("exit 0", 60))
        self.assertFalse(self.run_script("exit 3", 60))


unittest.main()
