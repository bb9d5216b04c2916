// This file guesses which name was meant.

package settings

// nearest returns the name that is most like the wrong one, or "" when more than a third of it would have to change.
func nearest(wrong string, names []string) string {
	best, least := "", max(2, min(len(wrong), 24)/3)+1
	for _, name := range names {
		if d := distance(wrong, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the number of bytes to insert, remove or replace that make b of a (Levenshtein's). Names are short: what is longer
// than any is only compared in its beginning.
func distance(a, b string) int {
	a = a[:min(len(a), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
