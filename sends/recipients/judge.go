package recipients

import (
	"iter"
	"runtime"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// batchSize is how many entries are judged at a time; a list that is no longer is judged where it stands.
	batchSize = 256
	// batchesPerCore is how many batches may wait or be judged for each core, so that no core waits for the reader.
	batchesPerCore = 4
	// yieldEvery is after how many rows or entries, a part of a millisecond, other work gets the processor: people wait for
	// their acknowledgements.
	yieldEvery = 64
)

// batch is some entries and, once judged, what is said of them.
type batch struct {
	entries  []entry
	verdicts []verdict
	panicked error
	judged   chan struct{} // gets a value when the batch has been judged
}

// judgeAll judges the entries on all cores and hands them to take in their order. Entries and take run on the caller's
// goroutine; what is read but not yet taken is bounded.
func judgeAll(all iter.Seq[entry], r Rules, take func(entry, verdict)) {
	p := pool{rules: r, take: take, work: make(chan *batch, batchesPerCore*runtime.GOMAXPROCS(0))}
	defer close(p.work)
	b := p.fresh()
	for e := range all {
		if b.entries = append(b.entries, e); len(b.entries) == batchSize {
			p.submit(b)
			b = p.fresh()
		}
	}
	for len(p.flying) > 0 {
		p.land()
	}
	for _, e := range b.entries {
		take(e, judged(e, r))
	}
}

// pool hands batches to workers and takes them back in the order they went out.
type pool struct {
	rules  Rules
	take   func(entry, verdict)
	work   chan *batch
	flying []*batch // in the order of the list
	idle   []*batch // to be used again
	hands  int      // the workers started so far
}

func (p *pool) fresh() *batch {
	if n := len(p.idle); n > 0 {
		b := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return b
	}
	return &batch{judged: make(chan struct{}, 1)}
}

func (p *pool) submit(b *batch) {
	if p.hands < runtime.GOMAXPROCS(0) {
		p.hands++
		(*bulkhead.Guard)(nil).Go(bulkhead.Carried, func() error { p.judge(); return nil })
	}
	if len(p.flying) == cap(p.work) {
		p.land()
	}
	p.flying = append(p.flying, b)
	p.work <- b
}

// land waits for the oldest batch and takes what is in it. A panic in a worker goes on here, where callers can catch it.
func (p *pool) land() {
	b := p.flying[0]
	<-b.judged
	if b.panicked != nil {
		panic(b.panicked)
	}
	for i, e := range b.entries {
		p.take(e, b.verdicts[i])
	}
	clear(b.entries) // lets go of the texts
	b.entries, b.verdicts = b.entries[:0], b.verdicts[:0]
	p.flying = append(p.flying[:0], p.flying[1:]...)
	p.idle = append(p.idle, b)
}

func (p *pool) judge() {
	for b := range p.work {
		b.judge(p.rules)
	}
}

func (b *batch) judge(r Rules) {
	b.panicked = (*bulkhead.Guard)(nil).Do(bulkhead.Carried, func() error {
		for i, e := range b.entries {
			if i%yieldEvery == 0 {
				runtime.Gosched()
			}
			b.verdicts = append(b.verdicts, judged(e, r))
		}
		return nil
	})
	b.judged <- struct{}{}
}
