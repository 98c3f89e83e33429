package allow

import (
	"fmt"

	"github.com/habeas-data/habeas/sealed"
)

func outer(v sealed.Value) {
	_ = v.Use(func(plain []byte) error {
		fmt.Println(plain) //sealcheck:allow print the terminal of the person it belongs to
		//sealcheck:allow print and on the line above
		fmt.Println(plain)
		fmt.Println(plain) // want `print`
		return nil
	})
	//sealcheck:allow print nothing is printed here // want `allow: nothing here breaks the rule print: remove this allowance`
	_ = v
	//sealcheck:allow print // want `allow: this allowance gives no reason`
	//sealcheck:allow // want `allow: this allowance names no rule`
	//sealcheck:allow prnt by mistake // want `allow: there is no rule prnt`
}
