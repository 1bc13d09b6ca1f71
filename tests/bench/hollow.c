/* Nothing at all: what any preloaded shared object costs, linked with the product's flags. */
