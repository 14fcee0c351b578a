// SPDX-License-Identifier: GPL-2.0-only
/*
 * courier: runs a command in a lab guest and sends what it makes out through a port, as it is made.
 *
 *   courier PORT FOLDER COMMAND [ARGUMENT...]
 *   courier --give-way       lets QEMU's other CPUs run until it is killed: see init
 *
 * A shared folder would do the same, but the time that a shared folder takes is the host's, and guest time under the
 * instruction clock would then differ from run to run. Writing to a virtio port takes no host time at all.
 *
 * PORT may be a serial line too, which is made to pass on all bytes as they are.
 *
 * "B courier" on a line of its own begins the stream; what a line sends before that is noise.
 * Frames, each a header line and then LENGTH bytes (the reader is ../stream.py):
 *   O LENGTH             standard output of the command
 *   E LENGTH             standard error of the command
 *   W OFFSET LENGTH NAME file NAME is these bytes from OFFSET on, and ends after them
 *   M LENGTH OLD         file OLD is now called by the name in the bytes
 *   X NAME               file NAME is gone
 *   S STATUS             the command ended; nothing follows
 *
 * Files in FOLDER may be appended to, emptied, renamed and removed; overwriting in the middle is not noticed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <dirent.h>

#define MAX_FILES 64

struct file {
	char name[NAME_MAX + 1];
	off_t sent;
};

static struct file files[MAX_FILES];
static int file_count;
static int port;
static char buffer[1 << 16];

static void die(const char *what)
{
	fprintf(stderr, "@lab: fail: courier: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void put(const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t done = write(port, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			die("write to the port");
		at += done;
		length -= done;
	}
}

__attribute__((format(printf, 1, 2))) static void put_header(const char *format, ...)
{
	char line[NAME_MAX + 64];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	put(line, length);
}

static struct file *find(const char *name)
{
	for (int i = 0; i < file_count; i++)
		if (!strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

static struct file *find_or_add(const char *name)
{
	struct file *file = find(name);

	if (file)
		return file;
	if (file_count == MAX_FILES) {
		errno = ENFILE;
		die(name);
	}
	file = &files[file_count++];
	snprintf(file->name, sizeof(file->name), "%s", name);
	file->sent = -1;
	return file;
}

static void forget(const char *name)
{
	struct file *file = find(name);

	if (file)
		*file = files[--file_count];
}

/* Sends what the file has grown by. */
static void send_file(const char *name)
{
	struct file *file;
	struct stat status;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return; /* renamed or removed since; its own event says so */
	if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
		close(fd);
		return;
	}
	file = find_or_add(name);
	if (file->sent < 0 || status.st_size < file->sent) {
		put_header("W 0 0 %s\n", name);
		file->sent = 0;
	}
	for (;;) {
		ssize_t got = pread(fd, buffer, sizeof(buffer), file->sent);

		if (got < 0)
			die(name);
		if (got == 0)
			break;
		put_header("W %lld %zd %s\n", (long long)file->sent, got, name);
		put(buffer, got);
		file->sent += got;
	}
	close(fd);
}

static void moved(const char *from, const char *to)
{
	struct file *file = find(from);

	forget(to);
	if (file) {
		put_header("M %zu %s\n", strlen(to), from);
		put(to, strlen(to));
		snprintf(file->name, sizeof(file->name), "%s", to);
	}
	send_file(to);
}

static void drain_events(int notify)
{
	static char events[1 << 14] __attribute__((aligned(__alignof__(struct inotify_event))));
	/* Kept from call to call: the two halves of a rename may come one by one. */
	static char from[NAME_MAX + 1];
	ssize_t got;

	while ((got = read(notify, events, sizeof(events))) > 0) {
		const struct inotify_event *event;

		for (char *at = events; at < events + got; at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)at;
			if (!event->len)
				continue;
			if (event->mask & IN_MOVED_FROM) {
				snprintf(from, sizeof(from), "%s", event->name);
			} else if (event->mask & IN_MOVED_TO) {
				moved(from, event->name);
				from[0] = '\0';
			} else if (event->mask & IN_DELETE) {
				forget(event->name);
				put_header("X %s\n", event->name);
			} else {
				send_file(event->name);
			}
		}
	}
}

/* Sends what a pipe holds; false at its end. */
static bool drain_pipe(int fd, char kind)
{
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		put_header("%c %zd\n", kind, got);
		put(buffer, got);
	}
	return got < 0 && errno == EAGAIN;
}

/* What is in the folder from the start was brought by the host. */
static void remember_present(void)
{
	DIR *folder = opendir(".");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		struct stat status;

		if (!stat(entry->d_name, &status) && S_ISREG(status.st_mode))
			find_or_add(entry->d_name)->sent = status.st_size;
	}
	if (folder)
		closedir(folder);
}

static void open_port(const char *path)
{
	struct termios line;

	port = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (port < 0)
		die(path);
	if (!tcgetattr(port, &line)) {
		cfmakeraw(&line);
		if (tcsetattr(port, TCSANOW, &line))
			die(path);
	}
	put_header("B courier\n");
}

static pid_t start(char **command, int out, int err)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		sigset_t none;
		int in = open("/dev/null", O_RDONLY);

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(in, 0);
		dup2(out, 1);
		dup2(err, 2);
		execvp(command[0], command);
		fprintf(stderr, "lab: %s: %s\n", command[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	return child;
}

/* QEMU turns to the next CPU at a pause, or when one is idle; an x86 CPU that waits for another to start does neither. */
static void give_way(void)
{
	for (;;) {
		for (int i = 0; i < 20; i++)
#if defined(__x86_64__)
			__asm__ volatile("pause");
#else
			__asm__ volatile("yield");
#endif
		sched_yield();
	}
}

int main(int argc, char **argv)
{
	/* Above all others: what is written is sent before the writer goes on. The command itself is not. */
	const struct sched_param priority = { .sched_priority = 1 };
	int out[2], err[2], status, notify, ended;
	sigset_t child_signal;
	pid_t child;

	if (argc == 2 && !strcmp(argv[1], "--give-way"))
		give_way();
	if (argc < 4) {
		fprintf(stderr, "usage: courier PORT FOLDER COMMAND [ARGUMENT...]\n");
		return 125;
	}
	open_port(argv[1]);
	if (chdir(argv[2]))
		die(argv[2]);
	remember_present();
	notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (notify < 0 || inotify_add_watch(notify, ".", IN_CREATE | IN_MODIFY | IN_MOVE | IN_DELETE | IN_ONLYDIR) < 0)
		die("inotify");
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe");
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_signal, NULL);
	ended = signalfd(-1, &child_signal, SFD_CLOEXEC);
	if (ended < 0)
		die("signalfd");
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority))
		die("sched_setscheduler");

	child = start(argv + 3, out[1], err[1]);
	close(out[1]);
	close(err[1]);

	struct pollfd waits[] = {
		{ .fd = notify, .events = POLLIN },
		{ .fd = out[0], .events = POLLIN },
		{ .fd = err[0], .events = POLLIN },
		{ .fd = ended, .events = POLLIN },
	};
	do {
		if (poll(waits, sizeof(waits) / sizeof(waits[0]), -1) < 0 && errno != EINTR)
			die("poll");
		drain_events(notify);
		if (waits[1].revents && !drain_pipe(out[0], 'O'))
			waits[1].fd = -1;
		if (waits[2].revents && !drain_pipe(err[0], 'E'))
			waits[2].fd = -1;
	} while (!(waits[3].revents & POLLIN));

	if (waitpid(child, &status, 0) < 0)
		die("waitpid");
	drain_events(notify);
	drain_pipe(out[0], 'O');
	drain_pipe(err[0], 'E');
	put_header("S %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	tcdrain(port);
	return 0;
}
