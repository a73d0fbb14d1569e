module examples

go 1.21

require libbullmq/bullmq v0.0.0

replace libbullmq/bullmq => ../../go
