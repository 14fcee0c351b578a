/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a call of dmabench.ko is wrapped.  `ld --wrap=NAME` makes of a call of NAME one of
 * __wrap_NAME(), and of __real_NAME() what NAME was.
 */
#ifndef _WRAP_H
#define _WRAP_H

#include "faults.h"

#define SITE		((unsigned long)__builtin_return_address(0))
#define KEY(what)	((u64)(unsigned long)(what))

/* A call that can fail, and gets nothing.  @failed may ask @how, see faults_fail(). */
#define WRAP_CALL(name, type, failed, arguments, ...)				\
type __real_##name(__VA_ARGS__);						\
type __wrap_##name(__VA_ARGS__);						\
type __wrap_##name(__VA_ARGS__)							\
{										\
	int how = faults_fail(#name, SITE);					\
										\
	if (how)								\
		return failed;							\
	return __real_##name arguments;						\
}

/* A call that can fail, and gets something if @ok, which is said of @got. */
#define WRAP_GET(name, type, failed, ok, kind, key, detail, arguments, ...)	\
type __real_##name(__VA_ARGS__);						\
type __wrap_##name(__VA_ARGS__);						\
type __wrap_##name(__VA_ARGS__)							\
{										\
	int how = faults_fail(#name, SITE);					\
	type got = how ? failed : __real_##name arguments;			\
										\
	if (ok)									\
		faults_hold(kind, KEY(key), KEY(detail), #name, SITE);		\
	return got;								\
}

/* One that always succeeds. */
#define WRAP_TAKE(name, kind, key, arguments, ...)				\
void __real_##name(__VA_ARGS__);						\
void __wrap_##name(__VA_ARGS__);						\
void __wrap_##name(__VA_ARGS__)							\
{										\
	__real_##name arguments;						\
	faults_hold(kind, KEY(key), 0, #name, SITE);				\
}

/* A call that gives something back, unless @what is NULL. */
#define WRAP_PUT(name, what, kind, key, detail, arguments, ...)			\
void __real_##name(__VA_ARGS__);						\
void __wrap_##name(__VA_ARGS__);						\
void __wrap_##name(__VA_ARGS__)							\
{										\
	if (what)								\
		faults_release(kind, KEY(key), KEY(detail), #name, SITE);	\
	__real_##name arguments;						\
}

#endif /* _WRAP_H */
