// This file tests class csv on objects that are larger than a VM, and against Go's own reader of CSV.
package classes_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// table is an object of class csv.
type table struct {
	service *objclass.Service
	ref     store.Ref
}

func newTable(t *testing.T) *table {
	s := newService(t)
	class, _ := classes.Find("csv")
	if _, err := s.Classes().Install(t.Context(), "csv", class.Source); err != nil {
		t.Fatal(err)
	}
	return &table{s, store.Ref{Pool: "default", OID: "table"}}
}

func (b *table) write(t *testing.T, data []byte) {
	t.Helper()
	if _, err := b.service.Update(t.Context(), b.ref, func(o *store.Overlay) error { return o.WriteFull(bytes.Clone(data)) }); err != nil {
		t.Fatal(err)
	}
}

func (b *table) exec(t *testing.T, method, input string) (objclass.Reply, error) {
	return b.service.Exec(t.Context(), objclass.Call{Ref: b.ref, Class: "csv", Method: method, Input: []byte(input), Timeout: time.Minute})
}

// randomRows returns rows of unlike fields. A field may be longer than the pieces that the class reads.
func randomRows(r *rand.Rand) [][]string {
	rows := make([][]string, 1+r.IntN(30))
	for i := range rows {
		rows[i] = make([]string, 3)
		for j := range rows[i] {
			var field strings.Builder
			for range r.IntN(6) {
				field.WriteString([]string{"a", "bc", ",", `"`, `""`, "\n", "\n\n", " ", "ü", ";", "1"}[r.IntN(11)])
			}
			if r.IntN(40) == 0 {
				field.WriteString(strings.Repeat(field.String()+"x", 1+r.IntN(60000)))
			}
			rows[i][j] = field.String()[:min(field.Len(), 300<<10)]
			rows[i][j] = strings.ToValidUTF8(rows[i][j], "")
		}
	}
	return rows
}

func TestCSVIsThatOfGo(t *testing.T) {
	b := newTable(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 12 {
		rows := randomRows(r)
		var data bytes.Buffer
		w := csv.NewWriter(&data)
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		b.write(t, data.Bytes())
		var got [][]string
		for from := "0"; from != "null"; {
			reply, err := b.exec(t, "select", fmt.Sprintf(`{"header": false, "format": "json", "limit": 7, "from": %s}`, from))
			if err != nil {
				t.Fatal(err)
			}
			var page struct {
				Rows [][]string
				Next json.RawMessage
			}
			if err := json.Unmarshal(reply.Output, &page); err != nil {
				t.Fatal(err)
			}
			got = append(got, page.Rows...)
			from = string(page.Next)
		}
		if !slices.EqualFunc(got, rows, slices.Equal) {
			t.Fatalf("%d rows are not those of Go, %d", len(got), len(rows))
		}
		reply, err := b.exec(t, "select", `{"header": false}`)
		if err != nil {
			continue // more than may come back
		}
		if again, err := csv.NewReader(bytes.NewReader(reply.Output)).ReadAll(); err != nil || !slices.EqualFunc(again, rows, slices.Equal) {
			t.Fatalf("what select writes has %d rows, %v", len(again), err)
		}
	}
}

// An object of 20 MiB goes through a VM of 16 MiB.
func TestCSVLargerThanAVM(t *testing.T) {
	b := newTable(t)
	var data bytes.Buffer
	data.WriteString("id,text,n\n")
	rows := 0
	for data.Len() < 20<<20 {
		fmt.Fprintf(&data, "%d,\"with, \"\"quotes\"\"\nand %s\",%d\n", rows, strings.Repeat("x", 1000), rows%10)
		rows++
	}
	b.write(t, data.Bytes())
	began := time.Now()
	reply, err := b.exec(t, "aggregate", `{"values": [{"op": "count"}, {"op": "max", "column": "id"}], "where": [{"column": "n", "value": 3}]}`)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MiB in %v, with %d KiB of memory", data.Len()>>20, time.Since(began), reply.Usage.PeakBytes>>10)
	last := rows - 1
	for last%10 != 3 {
		last--
	}
	if want := fmt.Sprintf(`{"columns":["count","max(id)"],"rows":[[%d,%d]]}`, last/10+1, last); string(reply.Output) != want {
		t.Errorf("%s, want %s", reply.Output, want)
	}
}

// What would be one endless row ends after a piece of it.
func TestCSVRowsAreBounded(t *testing.T) {
	b := newTable(t)
	for what, data := range map[string]string{
		"a line": strings.Repeat("x", 3<<20), "a field": "a,b\n\"" + strings.Repeat("x\n", 2<<20), "quotes": "a\n" + strings.Repeat(`"`, 3<<20),
	} {
		b.write(t, []byte(data))
		_, err := b.exec(t, "aggregate", `{"values": [{"op": "count"}]}`)
		if err == nil || objclass.OpError(err).ErrnoName() != "EFBIG" {
			t.Errorf("%s: %v", what, err)
		}
	}
}
