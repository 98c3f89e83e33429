package directory

// Fill is fill, for its fuzz test.
var Fill = fill
