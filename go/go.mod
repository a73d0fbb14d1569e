module libbullmq/bullmq

go 1.21
