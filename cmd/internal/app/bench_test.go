package app

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
)

// BenchmarkServe_directories is how many /directories a second are answered in full from a warm cache with 10,000
// directories, over real sockets. What the local Slack does for each is in the figure too.
func BenchmarkServe_directories(b *testing.B) {
	w := newWorldOf(b, sandbox.New(sandbox.WithDirectories(10_000)))
	w.command(b, slacksim.Mia, slacksim.Marketing, "/directories", "")
	w.message(b, slacksim.Marketing, "Page 1")
	const atOnce = 16
	turns := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for b.Loop() {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			w.command(b, slacksim.Mia, slacksim.Marketing, "/directories", "")
		})
	}
	all.Wait()
	err := w.slack.Await(patient(b), func(s *slacksim.Server) bool { return len(s.Messages(slacksim.Marketing)) > b.N })
	if err != nil {
		b.Fatalf("answers = %d, want %d", len(w.slack.Messages(slacksim.Marketing)), b.N+1)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// BenchmarkServe_ackWhileCoupontoolsHangs is how long the slowest of a thousand commands at once waits for its
// acknowledgement while Coupontools does not answer. The local Slack shares the processors.
func BenchmarkServe_ackWhileCoupontoolsHangs(b *testing.B) {
	const atOnce = 1000
	w := newWorld(b)
	defer w.sandbox.Break(sandbox.Rule{Fault: sandbox.Hang()})()
	var (
		mu    sync.Mutex
		worst time.Duration
	)
	for b.Loop() {
		var all sync.WaitGroup
		for range atOnce {
			all.Go(func() {
				began := time.Now()
				w.command(b, slacksim.Mia, slacksim.Marketing, "/directories", "")
				took := time.Since(began)
				mu.Lock()
				defer mu.Unlock()
				worst = max(worst, took)
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64(worst.Milliseconds()), "worst-ms")
}

// BenchmarkFleet_pace is how many calls a second two replicas make of a send at COUPONTOOLS_RATE 200 and an API that takes
// 50 ms, and the most that this API sees in any second.
func BenchmarkFleet_pace(b *testing.B) {
	if _, err := binary(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f := newFleet(b)
		f.sandbox.Break(sandbox.Rule{Path: sms, Fault: sandbox.Slow(50 * time.Millisecond)})
		for range 2 {
			f.startProcess(b, "COUPONTOOLS_RATE=200", "LOG_LEVEL=warn")
		}
		id := f.confirm(b)
		f.stands(b, id, sends.Send.Ended)
		slices.SortFunc(f.times, time.Time.Compare)
		busiest := 0
		for from, to := 0, 0; to < len(f.times); to++ {
			for f.times[to].Sub(f.times[from]) >= time.Second {
				from++
			}
			busiest = max(busiest, to-from+1)
		}
		b.ReportMetric(float64(crowd-1)/f.times[crowd-1].Sub(f.times[0]).Seconds(), "calls/s")
		b.ReportMetric(float64(busiest), "busiest-second")
	}
}

// BenchmarkBinary_start is the time from starting the program to its first connection, and its memory at rest.
func BenchmarkBinary_start(b *testing.B) {
	w := stillWorld(b)
	if _, err := binary(); err != nil {
		b.Fatal(err)
	}
	var memory float64
	for b.Loop() {
		p := w.startProcess(b)
		b.StopTimer()
		time.Sleep(time.Second) // at rest
		memory = max(memory, residentMB(b, p.Process.Pid))
		_ = p.Process.Kill()
		_ = p.Wait()
		w.slack.Drop()
		b.StartTimer()
	}
	b.ReportMetric(memory, "MB-RSS")
}

// residentMB reads a process's resident memory from /proc.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("memory is read from /proc, which this system does not have")
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	fields := bytes.Fields(rest)
	kB, err := strconv.ParseFloat(string(fields[0]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kB / 1024
}
