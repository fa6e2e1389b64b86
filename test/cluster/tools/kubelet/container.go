// A container is a folder to run commands in and a log file in the format of the container runtimes.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/creack/pty"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

const (
	// How long the output of a command may go on after the client has gone.
	outputDelay = time.Second
	// A shell's exit code for a command that a signal ended.
	signalExitCode = 128
)

type container struct {
	directory, namespace, pod, name string
}

func (c container) ExecInContainer(ctx context.Context, _, _, _ string, args []string, stdin io.Reader, stdout, stderr io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	if len(args) == 0 {
		return errors.New("no command was given")
	}
	commands.Add(1)
	defer commands.Done()
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Dir = c.directory
	command.Env = append(os.Environ(), "POD_NAMESPACE="+c.namespace, "POD_NAME="+c.pod, "CONTAINER_NAME="+c.name)
	command.WaitDelay = outputDelay
	// What the command itself has started goes with it.
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	if tty {
		// A session of its own is a group of its own.
		return exitError(runInTerminal(command, stdin, stdout, resize))
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Stdout, command.Stderr = stdout, stderr
	return exitError(runWithPipes(command, stdin))
}

func runWithPipes(command *exec.Cmd, stdin io.Reader) error {
	if stdin == nil {
		return command.Run()
	}
	// A pipe of our own: Wait must not wait for a client that keeps its end open.
	pipe, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(pipe, stdin)
		_ = pipe.Close()
	}()
	return command.Wait()
}

func runInTerminal(command *exec.Cmd, stdin io.Reader, stdout io.Writer, resize <-chan remotecommand.TerminalSize) error {
	terminal, err := pty.Start(command)
	if err != nil {
		return err
	}
	defer terminal.Close()
	go func() {
		for size := range resize {
			_ = pty.Setsize(terminal, &pty.Winsize{Rows: size.Height, Cols: size.Width})
		}
	}()
	if stdin != nil {
		go func() { _, _ = io.Copy(terminal, stdin) }()
	}
	printed := make(chan struct{})
	go func() {
		// Ends with an error when the last process has closed the terminal: there is no other end of file.
		_, _ = io.Copy(stdout, terminal)
		close(printed)
	}()
	err = command.Wait()
	<-printed
	return err
}

// exitError turns the end of a command into what the streaming server sends as its exit code.
func exitError(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = signalExitCode + int(status.Signal())
	}
	return utilexec.CodeExitError{Err: err, Code: code}
}

// AttachContainer shows the log from its beginning, so that no line is missed, until the container has exited. What
// comes by standard input becomes lines of the log, as if the container were an echo.
func (c container) AttachContainer(ctx context.Context, _, _, _ string, stdin io.Reader, stdout, stderr io.WriteCloser, tty bool, _ <-chan remotecommand.TerminalSize) error {
	if stdin != nil {
		go c.echo(stdin)
	}
	if tty {
		stderr = stdout
	}
	return c.readLogs(ctx, c.logFile(false), followed(), orDiscard(stdout), orDiscard(stderr))
}

func (c container) echo(stdin io.Reader) {
	file, err := os.OpenFile(c.logFile(false), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		_, _ = fmt.Fprintf(file, "%s stdout F %s\n", time.Now().UTC().Format(time.RFC3339Nano), lines.Text())
	}
}

func (c container) logFile(previous bool) string {
	if previous {
		return filepath.Join(c.directory, c.name+".previous.log")
	}
	return filepath.Join(c.directory, c.name+".log")
}

func (c container) missingLog(previous bool) string {
	if previous {
		return fmt.Sprintf("previous terminated container %q in pod %q not found", c.name, c.pod)
	}
	return fmt.Sprintf("container %q in pod %q has no log", c.name, c.pod)
}

func (c container) hasExited() bool {
	_, err := os.Stat(filepath.Join(c.directory, c.name+".exited"))
	return err == nil
}

func orDiscard(writer io.Writer) io.Writer {
	if writer == nil {
		return io.Discard
	}
	return writer
}
