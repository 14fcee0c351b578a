// SPDX-License-Identifier: GPL-2.0
/* One call after another fails, and nothing may be left: what module/faults.c is told and asked. */
#include <sys/mount.h>
#include "fault_test.h"

#define DEBUGFS		"/sys/kernel/debug"
#define FAULTS		DEBUGFS "/faults/"
/* More calls than any scenario makes. */
#define ENDLESS		2000

static unsigned long rounds;

static void set(const char *name, long value)
{
	char path[64], text[24];

	snprintf(path, sizeof(path), FAULTS "%s", name);
	snprintf(text, sizeof(text), "%ld", value);
	if (!write_file(path, text)) {
		printf("Bail out! cannot write %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

/* The lines of a file, each as a comment; those before @skipped are left out.  Return: how many. */
static long print_lines(const char *path, long skipped, long most)
{
	FILE *file = fopen(path, "r");
	char line[256];
	long count = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (count >= skipped && count < skipped + most)
			printf("#   %s", line);
		count++;
	}
	if (file)
		fclose(file);
	return count;
}

static long count_lines(const char *path)
{
	return print_lines(path, 0, 0);
}

static void last_failed(char *text, size_t size)
{
	FILE *file = fopen(FAULTS "failed", "r");

	if (!file || !fgets(text, size, file))
		snprintf(text, size, "nothing");
	text[strcspn(text, "\n")] = '\0';
	if (file)
		fclose(file);
}

/* Load faults.ko, before the module under test. */
void faults_begin(const char *path)
{
	if (access(DEBUGFS "/kprobes", F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (!module_load(path)) {
		printf("Bail out! cannot load %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

/* One way for calls to fail.  Return: how many have. */
static long fail_each(const struct scenario *sc, bool more, bool flavour)
{
	long nth, before, wrong;
	char failed[160];
	bool good = true;

	set("more", more);
	set("flavour", flavour);
	for (nth = 1; nth < ENDLESS; nth++) {
		bool fired;
		int err;

		before = count_lines(FAULTS "held");
		wrong = count_lines(FAULTS "wrong");
		set("nth", nth);
		err = sc->act(sc);
		fired = !read_number(FAULTS "nth");
		set("nth", 0);
		rounds++;
		last_failed(failed, sizeof(failed));
		if (count_lines(FAULTS "held") != before ||
		    count_lines(FAULTS "wrong") != wrong) {
			printf("# %s: call %ld%s, %s, gave errno %d; held, and wrong:\n", sc->name,
			       nth, more ? " and all after it" : "", failed, err);
			print_lines(FAULTS "held", before, 20);
			print_lines(FAULTS "wrong", wrong, 20);
			good = false;
		}
		if (fired && !err && !more)
			printf("# tolerated: %s\n", failed);
		if (!fired) {
			good &= !err;
			break;
		}
	}
	set("more", 0);
	set("flavour", 0);
	ok(good && nth < ENDLESS, "%s: %ld calls fail, each %s%s, and nothing is left", sc->name,
	   nth - 1, more ? "with all after it" : "alone",
	   flavour ? ", for another reason than memory" : "");
	return nth - 1;
}

/* errno of the first call of several that has failed. */
void keep(int *first, int failed)
{
	if (failed && !*first)
		*first = errno;
}

/* Fail each call that @sc makes and that can fail, and see that nothing is left each time. */
void under_faults(const struct scenario *sc)
{
	int err = sc->act(sc);

	/* Not here.  Anything else would hide a scenario. */
	if (err == EOPNOTSUPP) {
		skip(sc->name, strerror(err));
		return;
	}
	if (!ok(!err, "%s: succeeds while nothing fails (errno %d)", sc->name, err))
		return;
	ok(fail_each(sc, false, false) > 0, "%s: there are calls that can fail", sc->name);
	if (sc->flavours)
		fail_each(sc, false, true);
	fail_each(sc, true, false);
}

/* Tell of each place that could fail how often it has; for the reader of this test. */
void faults_end(void)
{
	printf("# %lu rounds\n", rounds);
	printf("# sites:\n");
	print_lines(FAULTS "sites", 0, ENDLESS);
}
