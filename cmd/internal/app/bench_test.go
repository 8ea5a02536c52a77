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

// BenchmarkServe_directories measures complete /directories responses per second from a warm cache with 10,000
// directories, over real sockets. The time includes the work of the local Slack.
func BenchmarkServe_directories(b *testing.B) {
	w := newWorldWith(b, sandbox.New(sandbox.WithDirectories(10_000)))
	w.command(b, slacksim.Mia, slacksim.Marketing, "/directories", "")
	w.awaitMessage(b, slacksim.Marketing, "Page 1")
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
	err := w.slack.Await(testContext(b), func(s *slacksim.Server) bool { return len(s.Messages(slacksim.Marketing)) > b.N })
	if err != nil {
		b.Fatalf("answers = %d, want %d", len(w.slack.Messages(slacksim.Marketing)), b.N+1)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// BenchmarkServe_ackWhileCoupontoolsHangs measures the slowest acknowledgement of a thousand concurrent commands while
// Coupontools doesn't answer. The local Slack runs on the same processors.
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

// BenchmarkFleet_pace measures the calls per second of two replicas that share a send, with COUPONTOOLS_RATE=200 and an API
// that takes 50 ms per call, and the most calls that the API gets within any second.
func BenchmarkFleet_pace(b *testing.B) {
	if _, err := buildBinary(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f := newFleet(b)
		f.sandbox.Break(sandbox.Rule{Path: smsRoute, Fault: sandbox.Slow(50 * time.Millisecond)})
		for range 2 {
			f.startProcess(b, "COUPONTOOLS_RATE=200", "LOG_LEVEL=warn")
		}
		id := f.confirm(b)
		f.awaitSend(b, id, sends.Send.Ended)
		slices.SortFunc(f.times, time.Time.Compare)
		busiest := 0
		for from, to := 0, 0; to < len(f.times); to++ {
			for f.times[to].Sub(f.times[from]) >= time.Second {
				from++
			}
			busiest = max(busiest, to-from+1)
		}
		b.ReportMetric(float64(recipientCount-1)/f.times[recipientCount-1].Sub(f.times[0]).Seconds(), "calls/s")
		b.ReportMetric(float64(busiest), "busiest-second")
	}
}

// BenchmarkBinary_start measures the time from the start of the program to its first connection, and its idle memory.
func BenchmarkBinary_start(b *testing.B) {
	w := newStoppedWorld(b)
	if _, err := buildBinary(); err != nil {
		b.Fatal(err)
	}
	var memory float64
	for b.Loop() {
		p := w.startProcess(b)
		b.StopTimer()
		time.Sleep(time.Second) // until the program is idle
		memory = max(memory, residentMB(b, p.Process.Pid))
		_ = p.Process.Kill()
		_ = p.Wait()
		w.slack.Drop()
		b.StartTimer()
	}
	b.ReportMetric(memory, "MB-RSS")
}

// residentMB returns a process's resident memory in MB, from /proc.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("this system has no /proc to read the memory from")
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	fields := bytes.Fields(rest)
	kB, err := strconv.ParseFloat(string(fields[0]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kB / 1024
}
