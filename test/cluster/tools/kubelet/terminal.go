// `test-kubelet terminal 120x40 kubectl exec -it ...` gives a command a terminal of that size, for tests that have
// none: what comes by standard input is typed, what is shown goes to standard output, and the exit code is passed on.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/creack/pty"
)

const usageExitCode = 2

func runTerminal(args []string) int {
	var size pty.Winsize
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: test-kubelet terminal COLUMNSxROWS COMMAND ...")
		return usageExitCode
	}
	if _, err := fmt.Sscanf(args[0], "%dx%d", &size.Cols, &size.Rows); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return usageExitCode
	}
	command := exec.Command(args[1], args[2:]...)
	terminal, err := pty.StartWithSize(command, &size)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return usageExitCode
	}
	go func() {
		// A test that goes away hangs up, as a closed window does.
		_, _ = io.Copy(terminal, os.Stdin)
		_ = command.Process.Kill()
	}()
	_, _ = io.Copy(os.Stdout, terminal)
	err = command.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
