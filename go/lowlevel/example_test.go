package lowlevel_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"libbullmq/bullmq/lowlevel"
)

// Example adds a job, runs it, and closes in order.
func Example() {
	redis, err := lowlevel.LaunchRedis() // of the tests; a program needs only the address in its options
	if err != nil {
		log.Fatal(err)
	}
	defer redis.Stop()

	client, err := lowlevel.NewClient(redis.Options()) // {"connection": {"host": "127.0.0.1", "port": 6379}}
	if err != nil {
		log.Fatal(err)
	}
	defer client.Free()
	queue, err := client.OpenQueue("emails", nil)
	if err != nil {
		log.Fatal(err)
	}
	args := map[string]any{"name": "welcome", "opts": map[string]any{"attempts": 3}}
	added, err := client.Call(queue, "add", args, []byte(`{"user":7}`))
	if err != nil {
		log.Fatal(err)
	}
	if _, err = client.OpenWorker(queue, nil, 10); err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var closing int64 // the operation of Close, once there is nothing left to do
	for {
		events, err := client.Wait(ctx)
		if err != nil {
			log.Fatal(err)
		}
		for _, event := range events {
			switch {
			case event.Type == lowlevel.EventError:
				log.Fatal(event.Text(lowlevel.TagMessage))
			case event.Type == lowlevel.EventJob:
				fmt.Printf("%s: %s\n", event.Text(lowlevel.TagName), event.Text(lowlevel.TagData))
				_, err = client.Done(event.ID, []byte(`{"sent":7}`))
			case event.Type == lowlevel.EventReply && event.ID == added:
				fmt.Println("added job", event.Text(lowlevel.TagValue))
			case event.Type == lowlevel.EventReply && event.Text(lowlevel.TagOutcome) != "":
				fmt.Println(event.Text(lowlevel.TagOutcome))
				closing, err = client.Close(lowlevel.NoLimit)
			case event.Type == lowlevel.EventReply && event.ID == closing:
				return
			}
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	// Output:
	// added job 1
	// welcome: {"user":7}
	// completed
}

// ExampleAppendRecord adds many jobs in one call.
func ExampleAppendRecord() {
	redis, err := lowlevel.LaunchRedis() // of the tests
	if err != nil {
		log.Fatal(err)
	}
	defer redis.Stop()
	client, err := lowlevel.NewClient(redis.Options())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Free()
	queue, err := client.OpenQueue("digests", nil)
	if err != nil {
		log.Fatal(err)
	}

	var jobs []byte
	for user := 1; user <= 3; user++ {
		jobs = lowlevel.AppendRecord(jobs, lowlevel.RequestAdd, 0,
			lowlevel.TextField(lowlevel.TagName, "digest"),
			lowlevel.TextField(lowlevel.TagData, fmt.Sprintf(`{"user":%d}`, user)))
	}
	added, err := client.Call(queue, "addBulk", nil, jobs)
	if err != nil {
		log.Fatal(err)
	}
	for {
		events, err := client.Wait(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		for _, event := range events {
			if event.ID == added {
				for _, field := range event.Fields {
					fmt.Println(field.Tag == lowlevel.TagJobID, string(field.Raw))
				}
				return
			}
		}
	}
	// Output:
	// true 1
	// true 2
	// true 3
}
