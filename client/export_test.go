package client

// Reads are the commands that are sent again when a connection broke.
var Reads = reads
