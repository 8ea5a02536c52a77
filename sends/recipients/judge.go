package recipients

import (
	"iter"
	"runtime"

	"github.com/coupontools/couponbot/internal/bulkhead"
)

const (
	// batchSize is how many entries a worker judges at a time. A shorter list is judged by the caller.
	batchSize = 256
	// batchesPerCore is how many batches may be pending for each core, so that no core waits for the reader.
	batchesPerCore = 4
	// yieldEvery is after how many rows or entries, a part of a millisecond, other work gets the processor: people wait for
	// their acknowledgements.
	yieldEvery = 64
)

// batch is a number of entries and, once judged, their verdicts.
type batch struct {
	entries  []entry
	verdicts []verdict
	panicked error
	judged   chan struct{} // receives a value when the batch has been judged
}

// judgeAll judges the entries on all cores and passes them to take in order. The entries are read and taken on the caller's
// goroutine. The number of entries read but not yet taken is bounded.
func judgeAll(all iter.Seq[entry], r Rules, take func(entry, verdict)) {
	p := pool{rules: r, take: take, work: make(chan *batch, batchesPerCore*runtime.GOMAXPROCS(0))}
	defer close(p.work)
	b := p.newBatch()
	for e := range all {
		if b.entries = append(b.entries, e); len(b.entries) == batchSize {
			p.submit(b)
			b = p.newBatch()
		}
	}
	for len(p.pending) > 0 {
		p.takeOldest()
	}
	for _, e := range b.entries {
		take(e, judged(e, r))
	}
}

// pool sends batches to workers and takes them back in order.
type pool struct {
	rules   Rules
	take    func(entry, verdict)
	work    chan *batch
	pending []*batch // in the order of the list
	idle    []*batch // for reuse
	workers int      // the number of workers started
}

func (p *pool) newBatch() *batch {
	if n := len(p.idle); n > 0 {
		b := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return b
	}
	return &batch{judged: make(chan struct{}, 1)}
}

func (p *pool) submit(b *batch) {
	if p.workers < runtime.GOMAXPROCS(0) {
		p.workers++
		(*bulkhead.Guard)(nil).Go(bulkhead.Carried, func() error { p.judge(); return nil })
	}
	if len(p.pending) == cap(p.work) {
		p.takeOldest()
	}
	p.pending = append(p.pending, b)
	p.work <- b
}

// takeOldest waits for the oldest batch and takes its entries. It repeats a worker's panic, so that callers can recover it.
func (p *pool) takeOldest() {
	b := p.pending[0]
	<-b.judged
	if b.panicked != nil {
		panic(b.panicked)
	}
	for i, e := range b.entries {
		p.take(e, b.verdicts[i])
	}
	clear(b.entries) // releases the texts
	b.entries, b.verdicts = b.entries[:0], b.verdicts[:0]
	p.pending = append(p.pending[:0], p.pending[1:]...)
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
