"""The checks of tidy.py fire on what they ban and stay quiet on what they allow."""
import os
import tempfile
import unittest

import facts
import includes
import tidy


class Rules(unittest.TestCase):
    def complaints(self, path, text):
        return [what for _, what in tidy.check_file(path, text)]

    def test_core_may_not_read_a_clock(self):
        self.assertTrue(self.complaints("lib/core/x.cpp", "auto t = std::chrono::system_clock::now();\n"))

    def test_core_may_not_include_the_store_or_streams(self):
        self.assertTrue(self.complaints("lib/core/x.cpp", "#include <tide/store/store.hpp>\n"))
        self.assertTrue(self.complaints("lib/core/x.cpp", "#include <fstream>\n"))
        self.assertEqual([], self.complaints("lib/core/x.cpp", "#include <tide/core/job.hpp>\n#include <vector>\n"))

    def test_engine_knows_ports_and_no_adapters(self):
        self.assertTrue(self.complaints("lib/engine/x.cpp", "#include <tide/cloud/ec2/ec2_cloud.hpp>\n"))
        self.assertEqual([], self.complaints("lib/engine/x.cpp", "#include <tide/cloud/cloud.hpp>\n"))

    def test_arrows_run_downwards(self):
        self.assertTrue(self.complaints("lib/util/x.cpp", "#include <tide/core/job.hpp>\n"))
        self.assertTrue(self.complaints("lib/cloud/local/x.cpp", "#include <tide/cloud/ec2/ec2_cloud.hpp>\n"))
        self.assertTrue(self.complaints("lib/batch/torque/x.cpp", "#include <tide/batch/openpbs/select.hpp>\n"))

    def test_what_adapters_share_is_no_adapter(self):
        self.assertEqual([], self.complaints("lib/batch/torque/x.cpp", "#include <tide/batch/pbs/values.hpp>\n"))
        self.assertEqual([], self.complaints("lib/batch/torque/x.cpp", "#include <tide/batch/commands.hpp>\n"))

    def test_banned_calls_in_lib(self):
        for line in ('getenv("HOME");', 'system("ls");', "std::exit(1);", "popen(a, b);", "rand();", "usleep(3);"):
            with self.subTest(line=line):
                self.assertTrue(self.complaints("lib/net/x.cpp", line + "\n"))

    def test_words_in_comments_and_strings_are_no_calls(self):
        self.assertEqual([], self.complaints("lib/net/x.cpp", '// not getenv()\nauto x = "system()";\n'))

    def test_an_open_end_is_told(self):
        self.assertTrue(self.complaints("lib/net/x.cpp", "// TO" + "DO later\n"))

    def test_long_files_are_told(self):
        self.assertTrue(self.complaints("lib/net/x.cpp", "\n" * 501))
        self.assertEqual([], self.complaints("lib/net/x.cpp", "\n" * 500))

    def test_one_file_includes_cli11(self):
        self.assertTrue(self.complaints("cmd/info.cpp", "#include <CLI/CLI.hpp>\n"))
        self.assertEqual([], self.complaints("cmd/bind_cli11.cpp", "#include <CLI/CLI.hpp>\n"))


class Includes(unittest.TestCase):
    HEADERS = {"lib/util/text.hpp": "std::string counted(long count);\n",
               "lib/core/c.hpp": "#include <tide/util/text.hpp>\ninline int f() {\n  return counted(1);\n}\n", "lib/core/b.hpp": "#include <tide/util/text.hpp>\n"}

    def complaints(self, source):
        return [what for _, _, what in includes.check_includes({**self.HEADERS, "cmd/a.cpp": source}, tidy.strip)]

    def test_a_helper_without_its_header(self):
        self.assertEqual(["uses counted() and does not include lib/util/text.hpp"], self.complaints("void f() {\n  counted(1);\n  counted(2);\n}\n"))

    def test_a_helper_with_its_header_or_another_of_that_name(self):
        for source in ("#include <tide/util/text.hpp>\nint x = counted(1);\n", "#include <tide/core/b.hpp>\nint x = counted(1);\n",
                       "void f() { list.counted(1); }  // counted(2)\n", "int counted(int x) {\n  return counted(x);\n}\n"):
            with self.subTest(source=source):
                self.assertEqual([], self.complaints(source))


class Facts(unittest.TestCase):
    def complaints(self, row):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "tests", "unit"))
            with open(os.path.join(root, "tests", "unit", "test_x.cpp"), "w", encoding="utf-8") as stream:
                stream.write('TEST_CASE("a: one") {}\nTEST_CASE(\n    "b: \\"two\\""\n    " and more") {}\n')
            with open(os.path.join(root, "tests", "x.cmd"), "w", encoding="utf-8"):
                pass
            return facts.check(root, "| fact | test |\n|---|---|\n" + row + "\n")

    def test_cases_and_files_that_are_there(self):
        self.assertEqual([], self.complaints('| f | unit/test_x.cpp: a: one<br>unit/test_x.cpp: b: "two" and more<br>x.cmd |'))

    def test_cases_and_files_that_are_gone(self):
        for row in ("| f | unit/test_x.cpp: a: on |", "| f | unit/test_y.cpp: a: one |", "| f | unit/test_x.cpp |", "| f |  |", "| f |",
                    "| f | unit/test_x.cpp: a: one<br>y.cmd |"):
            with self.subTest(row=row):
                self.assertEqual([3], [line for line, _ in self.complaints(row)])

    def test_a_page_without_tests_is_none(self):
        self.assertTrue(facts.check(".", "nothing\n"))


if __name__ == "__main__":
    unittest.main()
