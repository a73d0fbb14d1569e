// examples/go/round_trip/main.go: adds one job, runs it, closes in order
package main

import (
	"context"
	"fmt"
	"log"

	"libbullmq/bullmq/lowlevel"
)

func main() {
	client, err := lowlevel.NewClient(map[string]any{
		"connection": map[string]any{"host": "127.0.0.1", "port": 6379},
	})
	check(err)
	defer client.Free()
	queue, err := client.OpenQueue("invoices", nil)
	check(err)
	_, err = client.OpenWorker(queue, nil, 10) // up to 10 jobs at once
	check(err)
	args := map[string]any{"name": "print", "opts": map[string]any{"attempts": 3}}
	_, err = client.Call(queue, "add", args, []byte(`{"invoice": 7}`))
	check(err)

	var closing int64
	for {
		events, err := client.Wait(context.Background())
		check(err)
		for _, event := range events {
			switch outcome := event.Text(lowlevel.TagOutcome); {
			case event.Type == lowlevel.EventJob:
				fmt.Println("running", event.Text(lowlevel.TagName), event.Text(lowlevel.TagData))
				_, err = client.Done(event.ID, []byte(`{"pages": 2}`))
			case event.Type == lowlevel.EventError:
				log.Fatal(event.Text(lowlevel.TagMessage))
			case outcome != "":
				fmt.Println("stored as", outcome)
				closing, err = client.Close(lowlevel.NoLimit)
			case event.Type == lowlevel.EventReply && event.ID == closing:
				return
			}
			check(err)
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
