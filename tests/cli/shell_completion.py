"""shell_completion.py SHELL TIDE COMPLETIONS LINE...   types each LINE and Tab into a real bash, zsh or fish on a terminal
of its own, with nothing of the user's set up, and prints what the shell then offers: the words, or the line as it made it. fish is asked by its own 'complete -C', which is what its Tab shows."""
import os
import pty
import re
import select
import subprocess
import sys
import time

SET_UP = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
BEGIN = {
    "bash": """PS1='>'; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; bind 'set enable-bracketed-paste off'
bind 'set completion-query-items 0'; said() {{ printf '<%s>' "$READLINE_LINE"; READLINE_LINE=; READLINE_POINT=0; }}; bind -x '"\\C-x": said'
source {shims}/tide.bash; stty -echo""",
    "zsh": """PROMPT='>'; unsetopt zle_bracketed_paste prompt_sp; LISTMAX=0; setopt auto_list no_list_ambiguous
fpath=({shims} $fpath); autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' list-colors ''
said() {{ zle -I; printf '<%s>' "$BUFFER"; BUFFER= }}; zle -N said; bindkey '^X' said""",
}


class Terminal:
    def __init__(self, shell):
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", COLUMNS="200", LINES="50")
            os.execvp(SET_UP[shell][0], SET_UP[shell])

    def read_until(self, pattern, what):
        text, until = "", time.monotonic() + 20
        while not re.search(pattern, text, re.S):
            ready, _, _ = select.select([self.end], [], [], max(0, until - time.monotonic()))
            if not ready:
                sys.exit(f"shell_completion.py: {what}: nothing came that matches {pattern!r}: {text!r}")
            text += os.read(self.end, 65536).decode("utf-8", "replace")
        return text

    def send(self, text):
        os.write(self.end, text.encode())

    def close(self):
        os.close(self.end)
        os.waitpid(self.pid, 0)


def offered(shell, tide, shims, lines):
    """What bash and zsh show on their terminal: the words listed, then the line as completed."""
    terminal = Terminal(shell)
    terminal.send(BEGIN[shell].format(shims=shims) + f"\nPATH={os.path.dirname(tide)}:$PATH; echo rea''dy\n")
    terminal.read_until(r"ready", "setting up")
    for line in lines:
        terminal.send(line + "\t\x18")
        text = terminal.read_until(r"<[^<>]*>", line)
        listed, made = re.search(r"(.*)<([^<>]*)>", text, re.S).groups()
        listed = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07|>", " ", listed)
        rows = [row.strip() for row in re.split(r"[\r\n]+", listed)]
        words = sorted({word for row in rows if not row.startswith("tide ") for word in row.split()})
        yield line, words or [made]
    terminal.close()


def offered_by_fish(tide, shims, lines):
    script = f"set PATH {os.path.dirname(tide)} $PATH; source {shims}/tide.fish; for line in $argv; echo \"-- $line\"; complete -C $line; end"
    done = subprocess.run(["fish", "--no-config", "-c", script, *lines], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"shell_completion.py: fish: exit {done.returncode}: {done.stderr}")
    for part in done.stdout.split("-- ")[1:]:
        line, *words = part.rstrip("\n").split("\n")
        yield line, sorted(word.split("\t")[0] for word in words)


def main():
    shell, tide, shims, *lines = sys.argv[1:]
    found = offered_by_fish(tide, shims, lines) if shell == "fish" else offered(shell, tide, shims, lines)
    for line, words in found:
        print(f"-- {line}", *words, sep="\n")


main()
