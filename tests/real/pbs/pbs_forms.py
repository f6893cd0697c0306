"""How TORQUE 6.1 and OpenPBS 23.06 print what they know: held to recordings by check_fake.py."""
import time
from xml.sax.saxutils import escape

FOLD = 78  # columns; what is longer goes on behind a line end and a tab


def ctime(seconds):
    return time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(seconds))


def json_number(value):
    """As cJSON does: short if that is exact, else 17 digits."""
    if abs(value) < 2**31 and value == int(value):
        return "%d" % value
    short = "%1.15g" % value
    return short if float(short) == value else "%1.17g" % value


def json_value(value, depth):
    if isinstance(value, dict):
        inside = ",\n".join('%s"%s":\t%s' % ("\t" * depth, key, json_value(one, depth + 1)) for key, one in value.items())
        return "{\n" + (inside + "\n" if inside else "") + "\t" * (depth - 1) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(json_value(one, depth + 1) for one in value) + "]"
    if isinstance(value, (int, float)):
        return json_number(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def json_document(now, version, server, section, objects):
    whole = {"timestamp": now, "pbs_version": version, "pbs_server": server}
    if objects:
        whole[section] = objects
    return json_value(whole, 1) + "\n"


def xml_value(value):
    if isinstance(value, dict):
        return "".join("<%s>%s</%s>" % (key, xml_value(one), key) for key, one in value.items())
    return escape(str(value), {'"': "&quot;"})


def xml_document(element, objects, prolog):
    inside = "".join("<%s>%s</%s>" % (element, xml_value(one), element) for one in objects)
    return (prolog + "\n" if prolog else "") + "<Data>" + inside + "</Data>\n"


def folded(line):
    out, room = "", FOLD
    while len(line) > room:
        out += line[:room] + "\n\t"
        line, room = line[room:], FOLD - 8 + 1
    return out + line


def text_block(heading, attributes):
    lines = []
    for key, value in attributes.items():
        for name, one in value.items() if isinstance(value, dict) else [("", value)]:
            lines.append(folded("    %s = %s" % (key + "." + name if name else key, one)))
    return heading + "\n" + "\n".join(lines) + "\n\n"
