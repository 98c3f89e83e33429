/* Measures Vectorscan: vectorscan PATTERNS LOG RUNS. One pattern a line; the log is gone
 * over in pieces of 1 MiB. Prints {"mb_per_s": …, "mb_per_cpu_s": …}, medians. Matches
 * report where they begin (HS_FLAG_SOM_LEFTMOST), as whoever replaces them must know; of
 * patterns that are too large for that, "ends_only" many, they report their end. */
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned long long matches;

static int on_match(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *context) {
	(void)id; (void)from; (void)to; (void)flags; (void)context;
	matches++;
	return 0;
}

static char *slurp(const char *name, size_t *size) {
	FILE *f = fopen(name, "rb");
	if (!f) { perror(name); exit(1); }
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	char *all = malloc(*size + 1);
	if (!all || fread(all, 1, *size, f) != *size) { perror(name); exit(1); }
	all[*size] = 0;
	fclose(f);
	return all;
}

static double seconds(clockid_t clock) {
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv) {
	if (argc != 4) { fprintf(stderr, "usage: vectorscan PATTERNS LOG RUNS\n"); return 2; }
	size_t list_size, size;
	char *list = slurp(argv[1], &list_size), *text = slurp(argv[2], &size);
	int runs = atoi(argv[3]);
	size_t n = 0, room = 1024;
	const char **patterns = malloc(room * sizeof *patterns);
	for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
		if (n == room) patterns = realloc(patterns, (room *= 2) * sizeof *patterns);
		patterns[n++] = line;
	}
	unsigned int *flags = malloc(n * sizeof *flags), *ids = malloc(n * sizeof *ids);
	hs_database_t *db;
	hs_compile_error_t *error;
	size_t ends_only = 0;
	for (size_t i = 0; i < n; i++) {
		ids[i] = (unsigned int)i;
		flags[i] = HS_FLAG_SOM_LEFTMOST;
		if (hs_compile(patterns[i], flags[i], HS_MODE_BLOCK, NULL, &db, &error) == HS_SUCCESS) {
			hs_free_database(db);
			continue;
		}
		hs_free_compile_error(error);
		flags[i] = 0;
		ends_only++;
	}
	if (hs_compile_multi(patterns, flags, ids, (unsigned int)n, HS_MODE_BLOCK, NULL, &db, &error) != HS_SUCCESS) {
		fprintf(stderr, "vectorscan: pattern %d: %s\n", error->expression, error->message);
		return 1;
	}
	hs_scratch_t *scratch = NULL;
	if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS) return 1;
	double *wall = malloc((size_t)runs * sizeof *wall), *cpu = malloc((size_t)runs * sizeof *cpu);
	const size_t piece = 1 << 20;
	for (int r = -1; r < runs; r++) { /* the first run warms up */
		double at = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_PROCESS_CPUTIME_ID);
		for (size_t from = 0; from < size; from += piece) {
			size_t length = size - from < piece ? size - from : piece;
			if (hs_scan(db, text + from, (unsigned int)length, 0, scratch, on_match, NULL) != HS_SUCCESS) return 1;
		}
		if (r < 0) continue;
		wall[r] = (double)size / 1e6 / (seconds(CLOCK_MONOTONIC) - at);
		cpu[r] = (double)size / 1e6 / (seconds(CLOCK_PROCESS_CPUTIME_ID) - used);
	}
	qsort(wall, (size_t)runs, sizeof *wall, by_size);
	qsort(cpu, (size_t)runs, sizeof *cpu, by_size);
	printf("{\"mb_per_s\": %.3f, \"mb_per_cpu_s\": %.3f, \"matches\": %llu, \"ends_only\": %zu}\n", wall[runs / 2], cpu[runs / 2], matches, ends_only);
	return 0;
}
